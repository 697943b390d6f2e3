import { beforeAll, describe, expect, it } from 'vitest'
import { buildDashboard } from '../../deploy/grafana/dashboard.ts'
import { WIDTH } from '../../deploy/grafana/panels.ts'
import { alerts, dashboardQueries, deployed, ruleCases, rules, scrapeJob } from '../lab/monitoring.ts'
import { page, table, word } from './support/doc-table.ts'
import { document, ROOT, source } from './support/documents.ts'
import { anchorOf } from './support/markdown.ts'
import { type Asked, asked } from './support/promql.ts'
import { exportedMetrics } from './support/registry.ts'

/** Labels that Prometheus gives to a target, and those of its own metrics. */
const TARGET = ['job', 'instance']
const OWN: readonly (readonly [string, readonly string[]])[] = [
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate']],
]

/** Labels that a metric can have, and of each the values it can have; none where they are many. */
type Known = Map<string, Map<string, ReadonlySet<string>>>

const known: Known = new Map()

beforeAll(async () => {
  const open = (labels: readonly string[]): [string, ReadonlySet<string>][] =>
    [...labels, ...TARGET].map((label) => [label, new Set()])
  for (const [name, labels] of OWN) known.set(name, new Map(open(labels)))
  for (const { name, type, labels } of await exportedMetrics()) {
    // A server and a version can be anything.
    const few = [...labels].map(
      ([label, values]) => [label, /^(server|version)$/.test(label) ? new Set<string>() : values] as const,
    )
    const all = new Map([...few, ...open([])])
    const parts = type === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']
    for (const part of parts)
      known.set(name + part, part === '_bucket' ? new Map([...all, ['le', new Set<string>()]]) : all)
  }
  for (const { record, expr } of rules())
    if (record !== undefined)
      known.set(record, new Map(open(asked(expr).groups.filter((label) => label !== 'le'))))
})

/** What an expression asks for and no guard has. */
function unknown({ metrics, groups }: Asked): string[] {
  const labels = new Set(metrics.flatMap(({ name }) => [...(known.get(name)?.keys() ?? [])]))
  return [
    ...metrics.flatMap(({ name, matchers }) => {
      const has = known.get(name)
      if (has === undefined) return [name]
      return matchers.flatMap(({ label, value }) => {
        const values = has.get(label)
        if (values === undefined) return [`${name}{${label}}`]
        return value === undefined || values.size === 0 || values.has(value)
          ? []
          : [`${name}{${label}="${value}"}`]
      })
    }),
    ...groups.filter((label) => !labels.has(label)),
  ]
}

describe('expressions', () => {
  it.each(rules().map(({ record, alert, expr }) => [record ?? alert, expr]))(
    'of %s ask for what a guard exports',
    (_, expr) => {
      expect(unknown(asked(expr))).toEqual([])
    },
  )

  it.each(dashboardQueries().map(({ title, expr }) => [title, expr]))('of the panel "%s" do', (_, expr) => {
    expect(asked(expr).metrics.length).toBeGreaterThan(0)
    expect(unknown(asked(expr))).toEqual([])
  })

  it('would be found wrong', () => {
    const wrong = (expr: string): string[] => unknown(asked(expr))
    expect(wrong('sum by (le) (rate(lvscare_pass_seconds_bucket[5m]))')).toEqual([
      'lvscare_pass_seconds_bucket',
      'le',
    ])
    expect(wrong('lvscare_server_state{state="gone"} == 1')).toEqual(['lvscare_server_state{state="gone"}'])
    expect(wrong('lvscare_ready{server="a"}')).toEqual(['lvscare_ready{server}'])
    expect(wrong('lvscare_pass_duration_seconds > 1')).toEqual(['lvscare_pass_duration_seconds'])
    expect(wrong('sum by (node) (lvscare_ready) unless on (piece) up')).toEqual(['node', 'piece'])
  })

  it('show every metric of a guard somewhere', () => {
    const used = new Set(
      [...rules(), ...dashboardQueries()].flatMap(({ expr }) => asked(expr).metrics.map(({ name }) => name)),
    )
    const unused = [...known.keys()].filter((name) => name.startsWith('lvscare_') && !used.has(name))
    // Sums are for averages, which hide what is slow; the days left say the same as the time of the end.
    expect(
      unused.filter(
        (name) => !name.endsWith('_sum') && !/_(duration_seconds_count|expiry_timestamp_seconds)$/.test(name),
      ),
    ).toEqual([])
  })
})

describe('alerts', () => {
  it.each(alerts().map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, what it is and where to read on',
    (_, rule) => {
      expect(['critical', 'warning', 'info']).toContain(rule.labels?.['severity'])
      expect(Object.keys(rule.annotations ?? {})).toEqual(['summary', 'description', 'runbook_url'])
      const [, file = '', anchor = ''] =
        /^https:\/\/github\.com\/lvscare\/lvscare\/blob\/main\/(docs\/[a-z-]+\.md)#(.+)$/.exec(
          rule.annotations?.['runbook_url'] ?? '',
        ) ?? []
      expect(document(file).headings.map(({ title }) => anchorOf(title))).toContain(anchor)
    },
  )

  it('are at home where the packages say they are', () => {
    const { repository } = JSON.parse(source('packages/lvscare/package.json'))
    const home = String(repository.url)
      .replace(/^git\+/, '')
      .replace(/\.git$/, '')
    for (const { annotations } of alerts())
      expect(annotations?.['runbook_url']?.startsWith(`${home}/`)).toBe(true)
  })

  it('name only labels that they have when they fire', () => {
    const fired = firing()
    for (const { alert, annotations, labels } of alerts()) {
      const named = [
        ...Object.values(annotations ?? {})
          .join(' ')
          .matchAll(/\$labels\.(\w+)/g),
      ].map(([, label = '']) => label)
      const has = new Set([...(fired.get(alert) ?? []), ...Object.keys(labels ?? {})])
      expect([alert, named.filter((label) => !has.has(label))]).toEqual([alert, []])
    }
  })

  it('fire each in a case, and wait each in the first one, in which none fires', () => {
    const names = alerts().map(({ alert }) => alert)
    expect([...firing().keys()].sort()).toEqual([...names].sort())
    const [first] = ruleCases()
    const [none, waiting] = first?.promql_expr_test ?? []
    expect(none?.exp_samples).toEqual([])
    const waits = waiting?.exp_samples.map(({ labels }) => nameIn(labels)) ?? []
    expect(waits.sort()).toEqual(
      alerts()
        .flatMap((rule) => (rule.for === undefined ? [] : rule.alert))
        .sort(),
    )
  })

  it('stand in docs/monitoring.md, in their order, with how bad they are and how long they wait', () => {
    const rows = table(page('monitoring.md'), 'Alert')
    expect(rows.map((row) => [word(row['Alert']), row['Severity'], row['For']])).toEqual(
      alerts().map((rule) => [rule.alert, rule.labels?.['severity'], rule.for ?? '']),
    )
  })
})

/** Labels of the alerts that fire in the cases. */
function firing(): Map<string, string[]> {
  const samples = ruleCases().flatMap(({ promql_expr_test: tests }) =>
    tests.flatMap((one) => one.exp_samples),
  )
  const texts = samples.map(({ labels }) => labels).filter((text) => text.includes('alertstate="firing"'))
  return new Map(
    texts.map((text) => [nameIn(text), [...text.matchAll(/(\w+)="/g)].map(([, label = '']) => label)]),
  )
}

function nameIn(labels: string): string {
  return /alertname="(\w+)"/.exec(labels)?.[1] ?? ''
}

describe('the dashboard', () => {
  const dashboard = buildDashboard()

  it('is what the code builds; -u writes it anew', async () => {
    await expect(`${JSON.stringify(dashboard, null, 2)}\n`).toMatchFileSnapshot(
      `${ROOT}deploy/grafana/lvscare.json`,
    )
  })

  it('fills its rows, and no panel lies upon another', () => {
    const panels = (dashboard.panels ?? []).filter(({ type }) => type !== 'row')
    const widths = new Map<number, number>()
    for (const { gridPos } of panels)
      widths.set(gridPos?.y ?? -1, (widths.get(gridPos?.y ?? -1) ?? 0) + (gridPos?.w ?? 0))
    expect([...new Set(widths.values())]).toEqual([WIDTH])
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
  })
})

describe('the PodMonitor', () => {
  it('finds what the job of scrape.yaml for pods finds', () => {
    const { spec } = deployed<{
      spec: { podMetricsEndpoints: { relabelings: Record<string, unknown>[] }[] }
    }>('prometheus/podmonitor.yaml')
    const snake = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const relabelings = spec.podMetricsEndpoints[0]?.relabelings.map((one) =>
      Object.fromEntries(Object.entries(one).map(([key, value]) => [snake(key), value])),
    )
    expect(relabelings).toEqual(scrapeJob('lvscare-pods').relabel_configs)
  })
})
