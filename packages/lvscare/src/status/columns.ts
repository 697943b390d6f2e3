import { plain } from '../plain.ts'

/** Lines of aligned columns, two spaces apart; the columns whose index is in `right` are aligned to the right. */
export function columns(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const clean = rows.map((row) => row.map(plain))
  const count = Math.max(0, ...clean.map(({ length }) => length))
  const widths = Array.from({ length: count }, (_, at) => Math.max(...clean.map((row) => lengthOf(row[at]))))
  return clean.map((row) =>
    row
      .map((cell, at) => {
        const pad = ' '.repeat((widths[at] ?? 0) - lengthOf(cell))
        return right.has(at) ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd(),
  )
}

/** `5s`, `2m 3s`, `3h 4m`, `5d 6h`. */
export function ago(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600),
    Math.floor(whole / 60),
  ]
  if (days > 0) return `${days}d ${hours % 24}h`
  if (hours > 0) return `${hours}h ${minutes % 60}m`
  return minutes > 0 ? `${minutes}m ${whole % 60}s` : `${whole}s`
}

/** Characters, not the halves of them that JavaScript counts. */
function lengthOf(text = ''): number {
  return [...text].length
}
