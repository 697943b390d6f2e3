import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import type { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as GraphBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { DATA_SOURCE, lettered } from './queries.ts'

/** A row of panels is this wide. */
export const WIDTH = 24

/** What every panel has. */
export interface PanelText {
  readonly title: string
  /** One sentence for the reader who wonders what it shows. */
  readonly description: string
  /** Of {@link WIDTH}. */
  readonly span: number
}

/** From which value on which colour; the first one has no value. */
export type Colours = readonly [first: string, ...(readonly [from: number, colour: string])[]]

/** Colours by value. */
export function thresholds([first, ...others]: Colours): ThresholdsConfigBuilder {
  const steps: Threshold[] = [{ value: null, color: first }]
  for (const [value, color] of others) steps.push({ value, color })
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps)
}

/** Words and colours for numbers that stand for states. */
export function words(
  states: Readonly<Record<string, readonly [text: string, color: string]>>,
): ValueMapping {
  const options = Object.entries(states).map(([value, [text, color]], index) => [
    value,
    { text, color, index },
  ])
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) }
}

/** One number, coloured by how bad it is. */
export function stat(text: PanelText, colours: Colours, ...queries: DataqueryBuilder[]): StatBuilder {
  return new StatBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATA_SOURCE)
    .height(4)
    .span(text.span)
    .targets(lettered(queries))
    .thresholds(thresholds(colours))
    .colorMode(BigValueColorMode.Background)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue('-')
}

/** Lines over time. */
export function graph(text: PanelText, unit: string, ...queries: DataqueryBuilder[]): GraphBuilder {
  return new GraphBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATA_SOURCE)
    .height(8)
    .span(text.span)
    .unit(unit)
    .min(0)
    .targets(lettered(queries))
    .lineWidth(1)
    .fillOpacity(10)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
}

/** Events over time, one on top of the other. */
export function bars(text: PanelText, ...queries: DataqueryBuilder[]): GraphBuilder {
  return graph(text, 'short', ...queries)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

/** States over time, a line for each series. */
export function timeline(text: PanelText, states: ValueMapping, query: DataqueryBuilder): TimelineBuilder {
  return new TimelineBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATA_SOURCE)
    .height(10)
    .span(text.span)
    .targets(lettered([query]))
    .mappings([states])
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .fillOpacity(80)
    .perPage(20)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
}

/** How long things took, over time. */
export function heatmap(text: PanelText, query: DataqueryBuilder): HeatmapBuilder {
  return new HeatmapBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(DATA_SOURCE)
    .height(8)
    .span(text.span)
    .targets(lettered([query]))
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Oranges').steps(64))
    .yAxis(new YAxisConfigBuilder().unit('s'))
}
