/** Where things are, in pixels. */
export const FRAME = {
  width: 800,
  /** Where bars begin and end. */
  left: 240,
  right: 730,
  legend: 78,
  /** The title of a panel with the numbers of its axis. */
  head: 44,
  bar: 12,
  rowGap: 10,
  gap: 18,
} as const

/** Milliseconds; the axis is logarithmic, as the times differ by more than a hundred. */
const AXIS = { from: 20, to: 20_000, ticks: [100, 300, 1000, 3000, 10_000] } as const

/** Told apart by who cannot tell red from green, on light and on dark ground. */
const COLORS = ['#2f81f7', '#8250df', '#d4862a', '#7a8490'] as const

const STYLE = `text { font: 12px system-ui, sans-serif; fill: #1f2328 }
text.head { font-weight: 600; font-size: 14px }
text.name { text-anchor: end }
text.value { font-size: 10.5px }
text.tick { font-size: 10.5px; text-anchor: middle; opacity: 0.7 }
line { stroke: #1f2328; opacity: 0.15 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  line { stroke: #e6edf3 }
}`

/** The colour of a column. */
export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? COLORS[0]
}

/** Where the bar of a time ends. */
export function barEnd(ms: number): number {
  const within = Math.min(Math.max(ms, AXIS.from), AXIS.to)
  const share = Math.log(within / AXIS.from) / Math.log(AXIS.to / AXIS.from)
  return round(FRAME.left + share * (FRAME.right - FRAME.left))
}

/** The lines of the axis with their numbers, over so much height. */
export function ticks(top: number, height: number): string[] {
  return AXIS.ticks.flatMap((ms) => {
    const x = barEnd(ms)
    const line = `<line x1="${x}" y1="${top - 4}" x2="${x}" y2="${round(top + height - FRAME.rowGap)}"/>`
    return [line, label(x, top - 8, `${ms / 1000} s`, 'tick')]
  })
}

/** A rectangle. */
export function rect(x: number, y: number, width: number, height: number, attributes: string): string {
  return `<rect x="${x}" y="${y}" width="${round(width)}" height="${height}" rx="1" ${attributes}/>`
}

/** Text that begins, is centred or ends there, as its class says. */
export function label(x: number, y: number, text: string, className?: string): string {
  const attribute = className === undefined ? '' : ` class="${className}"`
  return `<text x="${x}" y="${y}"${attribute}>${text.replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'))}</text>`
}

/** The whole file. */
export function svg(title: string, height: number, parts: readonly string[]): string {
  const { width } = FRAME
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${title}">`
  return `${[head, `<style>${STYLE}</style>`, ...parts, '</svg>'].join('\n')}\n`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
