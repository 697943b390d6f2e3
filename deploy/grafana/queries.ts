import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/** Where every panel asks: the data source that the reader has chosen. */
export const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' } as const

/** What the reader has chosen, for metrics of a node and for those of its servers. */
export const NODE = 'job=~"$job", instance=~"$instance"'
export const SERVER = `${NODE}, server=~"$server"`

/** How much a counter grew around each point, which is not less than a scrape apart. */
export function grew(metric: string, selector: string): string {
  return `increase(${metric}{${selector}}[$__rate_interval])`
}

/** How fast a counter grew. */
export function rate(metric: string, selector: string): string {
  return `rate(${metric}{${selector}}[$__rate_interval])`
}

/** A quantile of a histogram, by some labels. */
export function quantile(part: number, metric: string, selector: string, by: readonly string[] = []): string {
  const labels = [...by, 'le'].join(', ')
  return `histogram_quantile(${part}, sum by (${labels}) (${rate(`${metric}_bucket`, selector)}))`
}

/** A query over the time that is shown; `legend` names its series. */
export function over(expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(DATA_SOURCE).range()
}

/** A query of this moment, for a number. */
export function now(expr: string, legend = ''): DataqueryBuilder {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).datasource(DATA_SOURCE).instant()
}

/** A query of this moment, for the rows of a table. */
export function rows(expr: string): DataqueryBuilder {
  return now(expr).format(PromQueryFormat.Table)
}

/** A query for the cells of a heatmap: one series for each bucket. */
export function cells(expr: string): DataqueryBuilder {
  return over(expr, '{{le}}').format(PromQueryFormat.Heatmap)
}

/** Numbers queries as Grafana does, by letters. */
export function lettered(queries: readonly DataqueryBuilder[]): DataqueryBuilder[] {
  return queries.map((query, at) => query.refId(letter(at)))
}

/** The letter of a query: it is how transformations call what it returns. */
export function letter(at: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + at)
}
