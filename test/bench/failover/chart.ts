import { CONTESTANTS, type Contestant } from './contestants.ts'
import { type FailoverData, type Measure, type Spread, spread, type Time } from './data.ts'
import { FAULTS, type Fault } from './faults.ts'
import { barEnd, colorOf, FRAME, label, rect, svg, ticks } from './svg.ts'

/** One measure of some faults. */
interface Panel {
  readonly title: string
  readonly measure: Measure
  readonly faults: readonly Fault[]
}

const dead = FAULTS.filter(({ victims, isDrain }) => victims.length > 0 && !isDrain)

const PANELS: readonly Panel[] = [
  {
    title: 'The server gets no new connections any more',
    measure: 'out',
    faults: FAULTS.filter(({ victims }) => victims.length > 0),
  },
  { title: 'A client that waits on an open connection is told', measure: 'idle', faults: dead },
  {
    title: 'The flushed table is whole again',
    measure: 'back',
    faults: FAULTS.filter(({ victims }) => victims.length === 0),
  },
]

/** Median and worst of every contestant as bars, as the text of an SVG file; the same data gives the same text. */
export function drawChart(data: FailoverData): string {
  const columns = CONTESTANTS.filter(({ name }) => name in data.results)
  const parts = legend(columns)
  let top = FRAME.legend
  for (const panel of PANELS) {
    const height = panel.faults.length * rowHeight(columns) + FRAME.head
    parts.push(...drawPanel(panel, data, columns, top))
    top += height + FRAME.gap
  }
  return svg('Failover times of four guards', top, parts)
}

function legend(columns: readonly Contestant[]): string[] {
  const names = columns.flatMap(({ title }, index) => {
    const [x, y] = [12 + (index % 2) * 330, 18 + (index >> 1) * 20]
    return [rect(x, y - 10, 12, 12, `fill="${colorOf(index)}"`), label(x + 18, y, title)]
  })
  return [
    ...names,
    label(12, 62, 'Bars: strong the median, pale the worst of all rounds; the axis is logarithmic.'),
  ]
}

function drawPanel(panel: Panel, data: FailoverData, columns: readonly Contestant[], top: number): string[] {
  const height = panel.faults.length * rowHeight(columns)
  const rows = panel.faults.flatMap((fault, row) => {
    const y = top + FRAME.head + row * rowHeight(columns)
    const spreads = columns.map(({ name }) => spread(data.results[name]?.[fault.name]?.[panel.measure]))
    return drawRow(fault.title.replaceAll('`', ''), spreads, y)
  })
  return [label(12, top + 16, panel.title, 'head'), ...ticks(top + FRAME.head, height), ...rows]
}

function drawRow(title: string, spreads: readonly (Spread | undefined)[], top: number): string[] {
  const middle = top + (spreads.length * FRAME.bar) / 2 + 4
  const bars = spreads.flatMap((found, index) =>
    found === undefined ? [] : drawBar(found, top + index * FRAME.bar, colorOf(index)),
  )
  return [label(FRAME.left - 10, middle, title, 'name'), ...bars]
}

function drawBar({ median, worst }: Spread, top: number, color: string): string[] {
  const bar = (time: Time, opacity: number): string =>
    rect(
      FRAME.left,
      top,
      barEnd(msOf(time)) - FRAME.left,
      FRAME.bar - 2,
      `fill="${color}" opacity="${opacity}"`,
    )
  const text = typeof worst === 'number' ? `${(worst / 1000).toFixed(2)} s` : (worst ?? 'never')
  const strong = median === null ? [] : [bar(median, 1)]
  return [
    bar(worst, worst === null ? 0.15 : 0.4),
    ...strong,
    label(barEnd(msOf(worst)) + 6, top + 9, text, 'value'),
  ]
}

function msOf(time: Time): number {
  return typeof time === 'number' ? time : Number.POSITIVE_INFINITY
}

function rowHeight(columns: readonly Contestant[]): number {
  return columns.length * FRAME.bar + FRAME.rowGap
}
