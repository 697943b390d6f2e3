import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { bars, graph } from '../panels.ts'
import { grew, NODE, over, SERVER } from '../queries.ts'

/** Who breaks what, what was done about it, and who was sent away. */
export function repairs(): Builder<Panel>[] {
  return [broken(), mended(), steps(), refused(), freed()]
}

function broken(): Builder<Panel> {
  return graph(
    {
      title: 'Nodes with a broken piece',
      description: 'Which pieces of the path are not true after a pass.',
      span: 12,
    },
    'short',
    over(`sum by (piece) (lvscare_path_ok{${NODE}} == bool 0)`, '{{piece}}'),
  )
}

function mended(): Builder<Panel> {
  return bars(
    { title: 'Repairs', description: 'What somebody else broke and a pass mended.', span: 12 },
    over(`sum by (instance, piece) (${grew('lvscare_repairs_total', NODE)}) > 0`, '{{instance}} {{piece}}'),
  )
}

function steps(): Builder<Panel> {
  return bars(
    { title: 'Steps', description: 'Changes to the kernel that were made.', span: 8 },
    over(`sum by (kind) (${grew('lvscare_steps_total', `${NODE}, result="applied"`)}) > 0`, '{{kind}}'),
  )
}

function refused(): Builder<Panel> {
  return bars(
    { title: 'Steps that were refused', description: 'Each try counts, twice a second.', span: 8 },
    over(
      `sum by (instance, kind) (${grew('lvscare_steps_total', `${NODE}, result="failed"`)}) > 0`,
      '{{instance}} {{kind}}',
    ),
  )
}

function freed(): Builder<Panel> {
  return bars(
    {
      title: 'Clients freed',
      description: 'Connections of nodes that were ended, so that the client connects anew.',
      span: 8,
    },
    over(
      `sum by (server, cause) (${grew('lvscare_connections_reset_total', SERVER)})`,
      '{{server}} {{cause}}',
    ),
  )
}
