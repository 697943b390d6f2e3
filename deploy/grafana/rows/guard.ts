import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { graph, heatmap } from '../panels.ts'
import { cells, grew, NODE, over, quantile, rate } from '../queries.ts'

/** How the guards themselves are. */
export function guard(): Builder<Panel>[] {
  return [durations(), quantiles(), pace(), age(), versions(), roles()]
}

function durations(): Builder<Panel> {
  return heatmap(
    { title: 'How long passes take', description: 'Of all nodes that are chosen.', span: 8 },
    cells(`sum by (le) (${grew('lvscare_pass_duration_seconds_bucket', NODE)})`),
  )
}

function quantiles(): Builder<Panel> {
  const metric = 'lvscare_pass_duration_seconds'
  return graph(
    { title: 'Slow passes', description: 'Half of them, and all but the slowest hundredth.', span: 8 },
    's',
    over(quantile(0.5, metric, NODE), 'half'),
    over(quantile(0.99, metric, NODE), '99%'),
  )
}

function pace(): Builder<Panel> {
  return graph(
    {
      title: 'Passes',
      description: 'Two a second, and more while something changes. The slowest guard and the fastest.',
      span: 8,
    },
    'ops',
    over(`min(${rate('lvscare_pass_duration_seconds_count', NODE)})`, 'slowest'),
    over(`max(${rate('lvscare_pass_duration_seconds_count', NODE)})`, 'fastest'),
  )
}

function age(): Builder<Panel> {
  return graph(
    {
      title: 'Time since the last pass',
      description: 'Of the five worst. It compares the clock of the node with that of Prometheus.',
      span: 8,
    },
    's',
    over(`topk(5, time() - lvscare_last_pass_timestamp_seconds{${NODE}})`, '{{instance}}'),
  )
}

function versions(): Builder<Panel> {
  return graph(
    { title: 'Guards by version', description: 'Of those that answer.', span: 8 },
    'short',
    over(`count by (version) (lvscare_build_info{${NODE}})`, '{{version}}'),
  )
}

function roles(): Builder<Panel> {
  return graph(
    {
      title: 'Guards by role',
      description: 'Those that write, and those that stand by because another one runs on the node.',
      span: 8,
    },
    'short',
    over(`sum(lvscare_active{${NODE}})`, 'active'),
    over(`sum(lvscare_active{${NODE}} == bool 0)`, 'standing by'),
  )
}
