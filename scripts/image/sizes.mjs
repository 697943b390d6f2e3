// How large what is in the image is.

const MIB = 1024 * 1024

/** A line for each part of the image, the largest first. */
export function breakdown(files) {
  const parts = new Map()
  for (const { part, size = 0 } of files) parts.set(part, (parts.get(part) ?? 0) + size)
  const all = [...parts.values()].reduce((sum, size) => sum + size, 0)
  const rows = [...parts].sort(([, a], [, b]) => b - a)
  return [...rows, ['all files', all]].map(([name, size]) => `  ${line(name, size)}\n`).join('')
}

function line(name, bytes) {
  return `${name.padEnd(17)}${(bytes / MIB).toFixed(2).padStart(8)} MiB`
}
