import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { graph, type PanelText } from '../panels.ts'
import { grew, NODE, over, rate, SERVER } from '../queries.ts'

/** What the kernel says of the members of the rule. */
export function kernel(): Builder<Panel>[] {
  return [
    sums({ title: 'Connections', description: 'Established or half open.', span: 8 }, 'active_connections'),
    sums(
      { title: 'Connections in other states', description: 'Closing, mostly.', span: 8 },
      'inactive_connections',
    ),
    given(),
    bothWays({ title: 'Bytes', description: 'From clients and to clients.', span: 8 }, 'Bps', 'bytes'),
    bothWays({ title: 'Packets', description: 'From clients and to clients.', span: 8 }, 'pps', 'packets'),
    weights(),
  ]
}

function sums(text: PanelText, what: string): Builder<Panel> {
  return graph(text, 'short', over(`sum by (server) (lvscare_server_${what}{${SERVER}})`, '{{server}}'))
}

function given(): Builder<Panel> {
  return graph(
    {
      title: 'New connections',
      description: 'Which the kernel gave to a server: as many to each, when all are well.',
      span: 8,
    },
    'cps',
    over(`sum by (server) (${rate('lvscare_server_connections_total', SERVER)})`, '{{server}}'),
  )
}

function bothWays(text: PanelText, unit: string, what: string): Builder<Panel> {
  const ways = ['incoming', 'outgoing'] as const
  return graph(
    text,
    unit,
    ...ways.map((way) =>
      over(`sum by (server) (${rate(`lvscare_server_${way}_${what}_total`, SERVER)})`, `{{server}} ${way}`),
    ),
  )
}

function weights(): Builder<Panel> {
  return graph(
    {
      title: 'Rules that are not as wanted',
      description: 'Nodes with a wrong weight, and scrapes that could not read the kernel.',
      span: 8,
    },
    'short',
    over(
      `sum by (server) (lvscare_server_weight{${SERVER}} != bool lvscare_server_wanted_weight{${SERVER}})`,
      '{{server}} wrong weight',
    ),
    over(`sum(${grew('lvscare_kernel_read_errors_total', NODE)})`, 'not read'),
  )
}
