import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { bars, graph, heatmap, thresholds, timeline, WIDTH, words } from '../panels.ts'
import { cells, grew, over, quantile, rate, SERVER } from '../queries.ts'

/** Numbers for states; `unknown` is what is left. */
const STATES = { up: 3, draining: 2, down: 1 } as const

const STATE_WORDS = words({
  0: ['unknown', 'grey'],
  [STATES.down]: ['down', 'red'],
  [STATES.draining]: ['draining', 'orange'],
  [STATES.up]: ['up', 'green'],
})

/** What the guards found out about the servers, and how. */
export function servers(): Builder<Panel>[] {
  return [
    states(),
    outcomes(),
    slow(),
    latency(),
    certificates(),
    transitions(),
    watched(),
    suspicions(),
    handshakes(),
  ]
}

function states(): Builder<Panel> {
  const parts = Object.entries(STATES).map(
    ([state, code]) => `lvscare_server_state{${SERVER}, state="${state}"} * ${code}`,
  )
  return timeline(
    {
      title: 'State of each server, as each node sees it',
      description: 'Choose nodes above: a fleet is too much at once.',
      span: WIDTH,
    },
    STATE_WORDS,
    over(`sum by (instance, server) (${parts.join(' or ')})`, '{{instance}} {{server}}'),
  )
}

function outcomes(): Builder<Panel> {
  return bars(
    {
      title: 'Probes by what they saw',
      description: 'inconclusive: the node could not ask, for a shortage of its own.',
      span: 8,
    },
    over(`sum by (server, outcome) (${rate('lvscare_probes_total', SERVER)})`, '{{server}} {{outcome}}'),
  ).unit('reqps')
}

function slow(): Builder<Panel> {
  return heatmap(
    { title: 'How long probes take', description: 'Of all servers and nodes that are chosen.', span: 8 },
    cells(`sum by (le) (${grew('lvscare_probe_duration_seconds_bucket', SERVER)})`),
  )
}

function latency(): Builder<Panel> {
  const metric = 'lvscare_probe_duration_seconds'
  return graph(
    {
      title: 'How long probes of a server take',
      description: 'Half of them, and all but the slowest hundredth.',
      span: 8,
    },
    's',
    over(quantile(0.5, metric, SERVER, ['server']), '{{server}} half'),
    over(quantile(0.99, metric, SERVER, ['server']), '{{server}} 99%'),
  )
}

function certificates(): Builder<Panel> {
  return graph(
    {
      title: 'Days until certificates end',
      description: 'The least that any node saw at its last TLS handshake.',
      span: 8,
    },
    'd',
    over(`min by (server) (lvscare_server_certificate_daysleft{${SERVER}})`, '{{server}}'),
  ).thresholds(thresholds(['red', [5, 'orange'], [21, 'green']]))
}

function transitions(): Builder<Panel> {
  return bars(
    { title: 'Changes of state', description: 'Into which state, summed over nodes.', span: 8 },
    over(`sum by (server, state) (${grew('lvscare_transitions_total', SERVER)})`, '{{server}} {{state}}'),
  )
}

function watched(): Builder<Panel> {
  return graph(
    {
      title: 'Nodes that watch a connection',
      description: 'By sentinel. The others notice a dead server with the next probe only.',
      span: 8,
    },
    'short',
    over(`sum by (server) (lvscare_sentinel_connected{${SERVER}})`, '{{server}}'),
  )
}

function suspicions(): Builder<Panel> {
  return bars(
    {
      title: 'Suspicions',
      description: 'Whether the probe that followed proved them. False ones make the sentinel wait longer.',
      span: 8,
    },
    over(
      `sum by (server, proved) (${grew('lvscare_suspicions_total', SERVER)})`,
      '{{server}} proved {{proved}}',
    ),
    over(`max by (server) (lvscare_sentinel_wait_seconds{${SERVER}})`, '{{server}} waits, s'),
  )
}

function handshakes(): Builder<Panel> {
  return graph(
    { title: 'TLS handshakes with a server', description: 'Hardly one while everything is well.', span: 16 },
    'reqps',
    over(`sum by (server) (${rate('lvscare_tls_handshakes_total', SERVER)})`, '{{server}}'),
  )
}
