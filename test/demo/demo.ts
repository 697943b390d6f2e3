// The main job, live: three apiservers, the guard, a client; then everything that can happen to them.
import { release } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersNow } from '../lab/proc-table.ts'
import { waitFor } from '../lab/wait.ts'
import { clientLine, heading, logLine, type Row, summary, tableAfter } from './report.ts'
import { Traffic } from './traffic.ts'

const LIMIT_MS = 30_000
const FLAGS = ['--interval', '500ms', '--health-timeout', '2s']

/** How long the client goes on after a step, so that its tally says something of what comes after it. */
const SETTLE_MS = 1500

const rows: Row[] = []
let shownLines = 0

console.log(`Linux ${release()}, with real IPVS; three hosts with a TLS apiserver each, and this node.`)
const cluster = await TestCluster.create('a', 'b', 'c')
const [a, b, c] = cluster.servers.map(({ endpoint }) => endpoint)
if (a === undefined || b === undefined || c === undefined) throw new Error('the cluster has three servers')
console.log(`   a ${a}   b ${b}   c ${c}   virtual ${VIRTUAL.v4}`)

heading(1, `start: lvscare care ${[...cluster.flags, ...FLAGS].join(' ')}`)
let start = performance.now()
const guard = new GuardProcess([...cluster.flags, ...FLAGS])
await record('start of the guard', 'rules set', start, { [a]: 1, [b]: 1, [c]: 1 })
await waitFor('three verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
const traffic = new Traffic(VIP.v4, 6443, 100)
await delay(SETTLE_MS)
showLog()
clientLine(traffic.take())

heading(2, 'crash: the apiserver process on a is killed')
start = performance.now()
await cluster.server('a').kill()
await record('a: process killed', 'a removed', start, { [b]: 1, [c]: 1 }, traffic)

heading(3, 'recovery: the process on a is started again')
await cluster.server('a').start()
// The clock starts when it listens: how long a program takes to start is not the guard's doing.
start = performance.now()
await record('a: listens again', 'a back', start, { [a]: 1, [b]: 1, [c]: 1 }, traffic)

heading(4, 'unplugged: the cable of host b is pulled, packets vanish')
start = performance.now()
cluster.server('b').host.unplug()
await record('b: unplugged', 'b removed', start, { [a]: 1, [c]: 1 }, traffic)

heading(5, 'plugged in again')
start = performance.now()
cluster.server('b').host.plug()
await record('b: plugged in', 'b back', start, { [a]: 1, [b]: 1, [c]: 1 }, traffic)

heading(6, 'sick: c answers health checks with 500; its connections stay, it gets no new ones')
start = performance.now()
await cluster.server('c').behave('sick')
await record('c: answers 500', 'c at weight 0', start, { [a]: 1, [b]: 1, [c]: 0 }, traffic)
await cluster.server('c').behave('ok')
await waitFor('c', LIMIT_MS, () => membersNow(VIRTUAL.v4)?.get(c) === 1)

heading(7, 'flushed: somebody runs ipvsadm -C')
exec('ipvsadm', '-C')
start = performance.now()
await record('table flushed', 'rules back', start, { [a]: 1, [b]: 1, [c]: 1 }, traffic)

heading(8, 'stop: the guard gets SIGTERM; the rules stay')
const stopped = await guard.stop()
showLog()
console.log(`   exit code ${stopped.code}`)
tableAfter('guard gone', stopped.ms)
await delay(SETTLE_MS)
const last = traffic.take()
clientLine(last)
rows.push({ step: 'guard: SIGTERM', seen: 'guard gone, rules stay', ms: stopped.ms, tally: last })

traffic.stop()
summary(rows)
console.log(
  '\nTimes are from the event until /proc/net/ip_vs shows it, in an emulated machine that is 10 to 20 times slower than a real one.',
)
await cluster.remove()
process.exit(stopped.code === 0 ? 0 : 1)

/** Waits until the kernel's table is as wanted, shows it, and notes how long it took. */
async function record(
  step: string,
  seen: string,
  since: number,
  wanted: Record<string, number>,
  client?: Traffic,
): Promise<void> {
  const text = JSON.stringify(Object.entries(wanted).sort())
  await waitFor(
    `${step}: ${seen}`,
    LIMIT_MS,
    () => JSON.stringify([...(membersNow(VIRTUAL.v4) ?? [])].sort()) === text,
  )
  const ms = performance.now() - since
  await delay(client === undefined ? 0 : SETTLE_MS)
  showLog()
  tableAfter(seen, ms)
  const tally = client?.take()
  if (tally !== undefined) clientLine(tally)
  rows.push({ step, seen, ms, tally })
}

/** The lines that the guard has logged since the last call. */
function showLog(): void {
  for (const line of guard.log.slice(shownLines)) logLine(line)
  shownLines = guard.log.length
}
