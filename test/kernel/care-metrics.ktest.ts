import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { attempt, openWatch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, execWith, outcome } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf, shownTable } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { Prometheus } from '../lab/prometheus.ts'
import { scrape } from '../lab/scrape.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000
const ADDRESS = '127.0.0.1:19697'

/** One page of the guard. */
async function page(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${ADDRESS}${path}`)
  return { status: response.status, text: await response.text() }
}

/** Waits until a series has a value. */
async function reaches(series: string, value: number): Promise<void> {
  await waitFor(`${series} ${value}`, LIMIT_MS, async () => (await scrape(ADDRESS)).get(series) === value)
}

const KERNEL_TOTALS = [
  'connections',
  'incoming_packets',
  'outgoing_packets',
  'incoming_bytes',
  'outgoing_bytes',
]

/** Connections, packets and bytes of each server, as `ipvsadm` shows them. */
function shownTotals(): Record<string, number[]> {
  const rows = shownTable('--stats', '--exact').matchAll(/^ +-> (\S+:\d+) +(.*)$/gm)
  return Object.fromEntries(
    [...rows].map(([, server = '', numbers = '']) => [server, numbers.trim().split(/ +/).map(Number)]),
  )
}

describe('lvscare care, its metrics', { skip: ranOn('6.1') }, () => {
  let cluster: TestCluster
  let guard: GuardProcess
  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
    const flags = ['--interval', '300ms', '--health-timeout', '5s', '--metrics-address', ADDRESS]
    guard = new GuardProcess([...cluster.flags, ...flags])
    await guard.logged('metrics are served', LIMIT_MS)
    await waitFor('every server up', LIMIT_MS, async () => {
      const series = await scrape(ADDRESS)
      return cluster.servers.every(
        ({ endpoint }) => series.get(`lvscare_server_state{server="${endpoint}",state="up"}`) === 1,
      )
    })
  })
  afterEach(() => {
    outcome(['ip', 'addr', 'del', `${VIP.v4}/32`, 'dev', 'lo'])
  })
  after(async () => {
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  it('please promtool', async () => {
    const { text } = await page('/metrics')
    assert.match(text, /^lvscare_server_certificate_daysleft\{server="192\.0\.2\.11:6443"\} (29\.|30$)/m)
    assert.equal(execWith(text, 'promtool', 'check', 'metrics'), '')
  })

  it('are scraped by a real Prometheus, which then knows the state of each server', async () => {
    const prometheus = await Prometheus.start(ADDRESS)
    try {
      const states = async (): Promise<Record<string, string>> => {
        const samples = await prometheus.query('lvscare_server_state == 1')
        return Object.fromEntries(
          samples.map(({ labels }) => [labels['server'] ?? '', labels['state'] ?? '']),
        )
      }
      const [a = '', b = '', c = ''] = cluster.servers.map(({ endpoint }) => endpoint)
      const isState = async (wanted: Record<string, string>): Promise<boolean> => {
        const seen = await states()
        return Object.entries(wanted).every(([server, state]) => seen[server] === state)
      }
      await waitFor('three up', LIMIT_MS, () => isState({ [a]: 'up', [b]: 'up', [c]: 'up' }))
      assert.deepEqual(
        (await prometheus.query('up')).map(({ value }) => value),
        [1],
      )
      await cluster.server('a').kill()
      await cluster.server('b').behave('sick')
      await waitFor('one of each', LIMIT_MS, () => isState({ [a]: 'down', [b]: 'draining', [c]: 'up' }))
      const weights = await prometheus.query('lvscare_server_weight')
      assert.equal(weights.length, 3)
      await waitFor('increase of the transitions', LIMIT_MS, async () => {
        const samples = await prometheus.query('increase(lvscare_transitions_total{state="down"}[1m]) > 0')
        return samples.some(({ labels }) => labels['server'] === a)
      })
      await cluster.server('a').start()
      await cluster.server('b').behave('ok')
      await waitFor('three up again', LIMIT_MS, () => isState({ [a]: 'up', [b]: 'up', [c]: 'up' }))
    } finally {
      await prometheus.stop()
    }
  })

  it('say what the kernel says: weights, connections and totals', async () => {
    exec('ipvsadm', '--zero')
    for (let n = 0; n < 6; n += 1) assert.ok('server' in (await attempt(VIP.v4, 6443)))
    const watch = await openWatch(VIP.v4, 6443)
    // The kernel adds its totals up every two seconds, and a scrape and ipvsadm do not look at the same moment.
    await waitFor('the same totals', LIMIT_MS, async () => {
      const shown = shownTotals()
      const series = await scrape(ADDRESS)
      const ours = Object.keys(shown).map((server) => [
        server,
        KERNEL_TOTALS.map((name) => series.get(`lvscare_server_${name}_total{server="${server}"}`)),
      ])
      const connections = Object.values(shown).reduce((sum, [count = 0]) => sum + count, 0)
      return connections >= 7 && JSON.stringify(ours) === JSON.stringify(Object.entries(shown))
    })
    const series = await scrape(ADDRESS)
    const names = cluster.servers.map(
      ({ endpoint }) => `lvscare_server_active_connections{server="${endpoint}"}`,
    )
    assert.ok(names.some((name) => (series.get(name) ?? 0) >= 1))
    for (const [server, weight] of membersOf(VIRTUAL.v4) ?? [])
      assert.equal(series.get(`lvscare_server_weight{server="${server}"}`), weight)
    watch.socket.destroy()
  })

  it('keep the totals of a server that has left', async () => {
    const series = `lvscare_server_connections_total{server="${cluster.server('a').endpoint}"}`
    const before = (await scrape(ADDRESS)).get(series) ?? 0
    assert.ok(before > 0)
    await cluster.server('a').kill()
    await waitFor('removal', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 2)
    assert.ok(((await scrape(ADDRESS)).get(series) ?? 0) >= before)
    await reaches(`lvscare_server_weight{server="${cluster.server('a').endpoint}"}`, 0)
    await cluster.server('a').start()
    await waitFor('return', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 3)
  })

  it('count what others broke and was mended', async () => {
    const before = (await scrape(ADDRESS)).get('lvscare_repairs_total{piece="servers"}') ?? 0
    exec('ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', cluster.server('b').endpoint)
    await reaches('lvscare_repairs_total{piece="servers"}', before + 1)
    exec('ip', 'route', 'del', 'table', 'local', 'local', VIP.v4)
    await reaches('lvscare_repairs_total{piece="route"}', 1)
  })

  it('say which piece is broken, and so does /readyz, while /healthz says that the guard lives', async () => {
    assert.deepEqual(await page('/readyz'), { status: 200, text: 'ok\n' })
    // Somebody assigns the virtual IP to a link, and our route goes: the one that is left is not the guard's to replace.
    exec('ip', 'addr', 'add', `${VIP.v4}/32`, 'dev', 'lo')
    exec('ip', 'route', 'del', 'table', 'local', 'local', VIP.v4, 'proto', '77')
    await reaches('lvscare_path_ok{piece="route"}', 0)
    await reaches('lvscare_ready', 0)
    const { status, text } = await page('/readyz')
    assert.equal(status, 503)
    assert.match(text, /^route: .*assigned to a link of this node.*\n$/)
    assert.deepEqual(await page('/healthz'), { status: 200, text: 'ok\n' })
    exec('ip', 'addr', 'del', `${VIP.v4}/32`, 'dev', 'lo')
    await reaches('lvscare_path_ok{piece="route"}', 1)
    await waitFor('ready', LIMIT_MS, async () => (await page('/readyz')).status === 200)
  })
})
