import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { ruleNow } from '../lab/proc-table.ts'
import { waitFor } from '../lab/wait.ts'
import type { Result } from './stats.ts'

const ROUNDS = 20
const LIMIT_MS = 10_000

/** What is promised for every piece, in milliseconds. */
const PROMISED_MS = 1000

/** A piece of the path: what breaks it, and what it looks like while it is whole. */
interface Breakage {
  readonly what: string
  readonly breaks: readonly [command: string, ...args: string[]]
  readonly shown: () => string
}

const rule = (): string => ruleNow(VIRTUAL.v4)
const A = '192.0.2.11:6443'

const LOCAL: readonly Breakage[] = [
  { what: 'the whole table flushed', breaks: ['ipvsadm', '-C'], shown: rule },
  { what: 'the service deleted', breaks: ['ipvsadm', '-D', '-t', VIRTUAL.v4], shown: rule },
  { what: 'a server deleted', breaks: ['ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', A], shown: rule },
  {
    what: 'a weight changed',
    breaks: ['ipvsadm', '-e', '-t', VIRTUAL.v4, '-r', A, '-m', '-w', '7'],
    shown: rule,
  },
  { what: 'the scheduler changed', breaks: ['ipvsadm', '-E', '-t', VIRTUAL.v4, '-s', 'wlc'], shown: rule },
  {
    what: 'the route deleted',
    breaks: ['ip', 'route', 'del', 'table', 'local', 'local', VIP.v4],
    shown: () => exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4),
  },
  {
    what: 'the masquerading flushed',
    breaks: ['nft', 'flush', 'ruleset'],
    shown: () => exec('nft', '-s', 'list', 'ruleset'),
  },
  ...['expire_nodest_conn', 'expire_quiescent_template', 'conntrack'].map(
    (name): Breakage => ({
      what: `the setting ${name} reset`,
      breaks: ['sysctl', '-qw', `net.ipv4.vs.${name}=0`],
      shown: () => readFileSync(`/proc/sys/net/ipv4/vs/${name}`, 'utf8'),
    }),
  ),
]

const ROUTE: readonly Breakage[] = [
  {
    what: 'the route of mode route deleted',
    breaks: ['ip', 'route', 'del', VIP.v4],
    shown: () => exec('ip', '-o', 'route', 'show', VIP.v4),
  },
]

/** The address with its device, without the number that every new device has anew. */
const device = (): string => exec('ip', '-o', 'addr', 'show', 'to', VIP.v4, 'up').replace(/^\d+: /, '')

const LINK: readonly Breakage[] = [
  { what: 'the device deleted', breaks: ['ip', 'link', 'del', 'lvscare'], shown: device },
  { what: 'the device down', breaks: ['ip', 'link', 'set', 'lvscare', 'down'], shown: device },
  {
    what: 'the address deleted',
    breaks: ['ip', 'addr', 'del', `${VIP.v4}/32`, 'dev', 'lvscare'],
    shown: device,
  },
]

/** How long each piece of the path stays broken: the worst of 20. */
export async function benchRepair(): Promise<Result[]> {
  const cluster = await TestCluster.create('a', 'b', 'c')
  const results = [
    ...(await repairsOf(cluster, ['--masquerade'], LOCAL)),
    ...(await repairsOf(cluster, ['--mode', 'route'], ROUTE)),
    ...(await repairsOf(cluster, ['--mode', 'link'], LINK)),
  ]
  exec('ip', 'link', 'del', 'lvscare')
  exec('nft', 'flush', 'ruleset')
  await cluster.remove()
  return results
}

async function repairsOf(
  cluster: TestCluster,
  flags: readonly string[],
  breakages: readonly Breakage[],
): Promise<Result[]> {
  const guard = new GuardProcess([...cluster.flags, ...flags, '--interval', '1'])
  const isJudged = (): boolean => guard.log.filter(({ to }) => to === 'up').length === 3
  await waitFor('verdicts', 60_000, isJudged)
  const results = []
  for (const breakage of breakages) results.push(await worstOf(breakage))
  await guard.stop()
  return results
}

async function worstOf({ what, breaks, shown }: Breakage): Promise<Result> {
  const whole = shown()
  if (whole === '') throw new Error(`${what}: there is nothing to break`)
  let worst = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    // At any moment between two passes.
    await delay(500 * Math.random())
    const start = performance.now()
    exec(...breaks)
    await waitFor(what, LIMIT_MS, () => shown() === whole)
    worst = Math.max(worst, performance.now() - start)
  }
  return {
    what: `self-repair, ${what}: the worst of ${ROUNDS}`,
    ours: `${Math.round(worst)} ms`,
    rival: `${PROMISED_MS} ms`,
    ratio: worst / PROMISED_MS,
    rule: 'at most',
    target: 1,
  }
}
