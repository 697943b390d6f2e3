import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A rule of Prometheus: one that records, or one that alerts. */
export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** What `promtool test rules` reads, as far as we look at it. */
export interface RuleCase {
  readonly name: string
  readonly promql_expr_test: readonly {
    readonly expr: string
    readonly exp_samples: readonly { readonly labels: string }[]
  }[]
}

/** A query of the dashboard: the title of its panel, and what it asks. */
export interface PanelQuery {
  readonly title: string
  readonly expr: string
}

/** One file of deploy/, read as YAML; JSON is YAML too. Bundled programs stand two levels below the root as well. */
export function deployed<T>(file: string): T {
  return parse(readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8')) as T
}

/** The file of rules, taken apart. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}

/** Every rule of deploy/prometheus, in order. */
export function rules(): Rule[] {
  return deployed<RuleFile>('prometheus/lvscare.rules.yaml').groups.flatMap((group) => group.rules)
}

/** A job of Prometheus, as far as we look at it. */
export interface ScrapeJob {
  readonly job_name: string
  readonly kubernetes_sd_configs?: readonly { readonly role: string }[]
  readonly static_configs?: readonly object[]
  readonly relabel_configs: readonly Readonly<Record<string, unknown>>[]
}

/** The jobs of scrape.yaml. */
export function scrapeJobs(): readonly ScrapeJob[] {
  return deployed<{ scrape_configs: readonly ScrapeJob[] }>('prometheus/scrape.yaml').scrape_configs
}

/** One of them. */
export function scrapeJob(name: string): ScrapeJob {
  const found = scrapeJobs().find((one) => one.job_name === name)
  if (found === undefined) throw new Error(`scrape.yaml has no job ${name}`)
  return found
}

/** The alerts of deploy/prometheus. */
export function alerts(): (Rule & { readonly alert: string })[] {
  return rules().flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]))
}

/** The cases that try them. */
export function ruleCases(): RuleCase[] {
  return deployed<{ tests: RuleCase[] }>('prometheus/lvscare.rules.test.yaml').tests
}

interface ShippedDashboard {
  readonly panels: readonly {
    readonly title: string
    readonly targets?: readonly { readonly expr: string }[]
  }[]
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] }
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] }
}

/** Every expression of the shipped dashboard: of its panels, of its marks and of its variables. */
export function dashboardQueries(): PanelQuery[] {
  const { panels, annotations, templating } = deployed<ShippedDashboard>('grafana/lvscare.json')
  return [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
    ...annotations.list.map(({ name, expr }) => ({ title: name, expr })),
    ...templating.list.flatMap(({ name, query }) => {
      const [, series] = /^label_values\((.*), \w+\)$/.exec((query as { query?: string }).query ?? '') ?? []
      return series === undefined ? [] : [{ title: name, expr: series }]
    }),
  ]
}

/** What Grafana would send where everything is chosen and this much time is shown. */
export function filledIn(expression: string, time = '5m'): string {
  return expression
    .replaceAll(/\$__(rate_interval|range)\b/g, time)
    .replaceAll('$job', 'lvscare.*')
    .replaceAll(/\$(instance|server)\b/g, '.*')
}
