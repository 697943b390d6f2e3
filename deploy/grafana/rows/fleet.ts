import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { graph, stat, WIDTH } from '../panels.ts'
import { DATA_SOURCE, letter, lettered, NODE, now, over, rows, SERVER } from '../queries.ts'

/** Columns of the table of nodes: what they are called, and what they show. */
const COLUMNS: readonly (readonly [title: string, expr: string])[] = [
  ['Servers up', `sum by (instance) (lvscare_server_state{${SERVER}, state="up"})`],
  ['Ready', `min by (instance) (lvscare_ready{${NODE}})`],
  ['Pieces broken', `sum by (instance) (lvscare_path_ok{${NODE}} == bool 0)`],
  ['Repairs', `sum by (instance) (increase(lvscare_repairs_total{${NODE}}[$__range]))`],
  ['Steps refused', `sum by (instance) (increase(lvscare_steps_total{${NODE}, result="failed"}[$__range]))`],
  ['Changes of state', `sum by (instance) (increase(lvscare_transitions_total{${SERVER}}[$__range]))`],
  ['Clients freed', `sum by (instance) (increase(lvscare_connections_reset_total{${SERVER}}[$__range]))`],
]

/** What an operator sees first: is anybody cut off, and who is next? */
export function fleet(): Builder<Panel>[] {
  return [guards(), notReady(), allDown(), fewest(), certificate(), versions(), upBy(), worst()]
}

function guards(): Builder<Panel> {
  return stat(
    {
      title: 'Guards that do not answer',
      description: 'Targets of Prometheus that it cannot scrape.',
      span: 4,
    },
    ['green', [1, 'orange'], [3, 'red']],
    now(`sum(up{${NODE}} == bool 0)`),
  )
}

function notReady(): Builder<Panel> {
  return stat(
    { title: 'Nodes with a broken path', description: 'Guards that answer, and are not ready.', span: 4 },
    ['green', [1, 'red']],
    now(`sum(lvscare_ready{${NODE}} == bool 0)`),
  )
}

function allDown(): Builder<Panel> {
  return stat(
    {
      title: 'Nodes that see no apiserver',
      description: 'They keep the last good servers in their rule.',
      span: 4,
    },
    ['green', [1, 'red']],
    now(`sum(lvscare_all_down{${NODE}})`),
  )
}

function fewest(): Builder<Panel> {
  return stat(
    { title: 'Fewest servers up on a node', description: 'What the worst node has left.', span: 4 },
    ['red', [1, 'orange'], [2, 'green']],
    now(`min(sum by (job, instance) (lvscare_server_state{${SERVER}, state="up"}))`),
  )
}

function certificate(): Builder<Panel> {
  return stat(
    {
      title: 'First certificate ends in',
      description: 'Of all apiservers, as their guards saw them last.',
      span: 4,
    },
    ['red', [5, 'orange'], [21, 'green']],
    now(`min(lvscare_server_certificate_daysleft{${SERVER}})`),
  )
    .unit('d')
    .decimals(0)
}

function versions(): Builder<Panel> {
  return stat(
    { title: 'Versions', description: 'More than one while an upgrade is under way.', span: 4 },
    ['green', [2, 'orange']],
    now(`count(count by (version) (lvscare_build_info{${NODE}}))`),
  )
}

function upBy(): Builder<Panel> {
  return graph(
    {
      title: 'Nodes that see a server up',
      description: 'A line that falls for one server only is that server.',
      span: 8,
    },
    'short',
    over(`sum by (server) (lvscare_server_state{${SERVER}, state="up"})`, '{{server}}'),
  ).height(10)
}

function worst(): Builder<Panel> {
  const titles = COLUMNS.map(([title], at) => [`Value #${letter(at)}`, title])
  return new TableBuilder()
    .title('Nodes, the worst first')
    .description('What each guard says now, and what happened there in the time that is shown.')
    .datasource(DATA_SOURCE)
    .height(10)
    .span(WIDTH - 8)
    .targets(lettered(COLUMNS.map(([, expr]) => rows(expr))))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: Object.fromEntries([['instance', 'Node'], ...titles]),
      },
    })
    .decimals(0)
    .sortBy([new TableSortByFieldStateBuilder().displayName('Servers up').desc(false)])
}
