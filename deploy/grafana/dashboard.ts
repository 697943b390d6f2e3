import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DATA_SOURCE, NODE } from './queries.ts'
import { fleet } from './rows/fleet.ts'
import { guard } from './rows/guard.ts'
import { kernel } from './rows/kernel.ts'
import { repairs } from './rows/repairs.ts'
import { servers } from './rows/servers.ts'

const ROWS: readonly (readonly [title: string, panels: Builder<Panel>[]])[] = [
  ['Fleet', fleet()],
  ['Servers', servers()],
  ['Kernel', kernel()],
  ['Repairs and steps', repairs()],
  ['Guards', guard()],
]

/** The dashboard that deploy/grafana/lvscare.json holds: `npx vitest run test/contract/monitoring.test.ts -u` writes it. */
export function buildDashboard(): Dashboard {
  const builder = new DashboardBuilder('lvscare')
    .uid('lvscare')
    .description(
      'Guards of the virtual apiserver: servers, the rule in the kernel, repairs. See docs/monitoring.md.',
    )
    .tags(['kubernetes', 'lvscare'])
    .editable()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(choice('job', 'Job', 'up{job=~"lvscare.*"}').allValue('lvscare.*'))
    .withVariable(choice('instance', 'Node', 'up{job=~"$job"}'))
    .withVariable(choice('server', 'Server', `lvscare_server_weight{${NODE}}`))
    .annotation(alerts())
  for (const [title, panels] of ROWS) {
    builder.withRow(new RowBuilder(title))
    for (const panel of panels) builder.withPanel(panel)
  }
  return numbered(builder.build())
}

/** A variable with the values that a label has, of which any number can be chosen. */
function choice(name: string, label: string, series: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .query({ query: `label_values(${series}, ${name})`, refId: name })
    .datasource(DATA_SOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'] })
}

/** Our alerts, as marks in every graph. */
function alerts(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor('red')
    .expr('ALERTS{alertname=~"Lvscare.*", alertstate="firing", job=~"$job"}')
    .titleFormat('{{alertname}}')
    .textFormat('{{instance}} {{server}} {{piece}}')
    .step('60s')
}

/** Grafana keeps links to panels by their numbers. */
function numbered(dashboard: Dashboard): Dashboard {
  dashboard.panels?.forEach((panel, at) => {
    panel.id = at + 1
  })
  return dashboard
}
