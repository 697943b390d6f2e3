import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { attempt } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import {
  dashboardQueries,
  deployed,
  filledIn,
  type PanelQuery,
  type RuleFile,
  scrapeJob,
} from '../lab/monitoring.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { Prometheus } from '../lab/prometheus.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 120_000
const ADDRESS = '127.0.0.1:19697'

/** What an alert of the shipped rules waits for here: the rest is as an operator gets it. */
const WAIT = '1s'

/** How much time the dashboard shows: all that this test has taken. */
const SHOWN = '15m'

/** Panels that show only what did not happen: nothing was refused here. */
const QUIET = ['Steps that were refused']

/** The shipped rules, of which none waits for long. */
function impatientRules(): RuleFile {
  const { groups } = deployed<RuleFile>('prometheus/lvscare.rules.yaml')
  const hasten = (rule: RuleFile['groups'][number]['rules'][number]): typeof rule =>
    rule.for === undefined ? rule : { ...rule, for: WAIT }
  return { groups: groups.map(({ name, rules }) => ({ name, rules: rules.map(hasten) })) }
}

describe('deploy/prometheus and deploy/grafana, with a real guard', { skip: ranOn('6.12') }, () => {
  let cluster: TestCluster
  let prometheus: Prometheus
  before(async () => {
    cluster = await TestCluster.create('a', 'b')
    const guard = new GuardProcess([...cluster.flags, '--interval', '300ms', '--metrics-address', ADDRESS])
    await guard.logged('metrics are served', LIMIT_MS)
    prometheus = await Prometheus.start(ADDRESS, {
      job: scrapeJob('lvscare-hosts'),
      rules: impatientRules(),
      every: '5s',
    })
  })
  after(async () => {
    await prometheus?.stop()
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  /** The alerts that fire now, each with the server it speaks of. */
  async function firing(): Promise<string[]> {
    const active = (await prometheus.alerts()).filter(({ state }) => state === 'firing')
    return active.map(({ labels }) =>
      `${labels['alertname']} ${labels['server'] ?? labels['instance'] ?? ''}`.trim(),
    )
  }

  /** Which of these queries have no answer; what Prometheus refuses fails the test. */
  async function unanswered(queries: readonly PanelQuery[]): Promise<PanelQuery[]> {
    const empty: PanelQuery[] = []
    for (const query of queries)
      if ((await prometheus.query(filledIn(query.expr, SHOWN))).length === 0) empty.push(query)
    return empty
  }

  it('no alert fires while all is well', async () => {
    await waitFor('both up', LIMIT_MS, async () => {
      const [up] = await prometheus.query('instance:lvscare_servers_up:sum')
      return up?.value === 2 && up.labels['instance'] === '127.0.0.1'
    })
    await waitFor('nothing to complain about', LIMIT_MS, async () => (await firing()).length === 0)
  })

  it('a killed apiserver is told of, and so is the last one', async () => {
    // Somebody breaks the rule too: the dashboard shows it.
    exec('ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', cluster.server('b').endpoint)
    await waitFor('repair', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.size === 2)
    await waitFor('an answer', LIMIT_MS, async () => 'server' in (await attempt(VIP.v4, 6443)))
    await cluster.server('a').kill()
    const wanted = [`LvscareServerDown ${cluster.server('a').endpoint}`, 'LvscareLastServer 127.0.0.1']
    await waitFor('alerts', LIMIT_MS, async () => {
      const now = await firing()
      return wanted.every((one) => now.includes(one))
    })
    assert.ok(
      !(await firing()).some((one) => /^Lvscare(AllDown|ServerUnreachable|Guards?Gone|PathBroken)/.test(one)),
    )
  })

  it('every panel of the dashboard has something to show', async () => {
    // Rates need two scrapes, and one that takes too long hides everything: what has no answer yet is asked again.
    let empty = await unanswered(dashboardQueries())
    const end = performance.now() + LIMIT_MS
    while (empty.length > QUIET.length && performance.now() < end) empty = await unanswered(empty)
    assert.deepEqual(
      empty.map(({ title }) => title),
      QUIET,
    )
  })

  it('the alerts end when the server is back, and begin when the guard is gone', async () => {
    await cluster.server('a').start()
    await waitFor(
      'no alert of servers',
      LIMIT_MS,
      async () => !(await firing()).some((one) => /^Lvscare(ServerDown|LastServer)/.test(one)),
    )
    await GuardProcess.killAll()
    await waitFor('the guard is missed', LIMIT_MS, async () =>
      (await firing()).includes('LvscareGuardGone 127.0.0.1'),
    )
  })
})
