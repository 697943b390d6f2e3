/** `, did you mean "servers"?` for the likeliest of some names, else nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  const wanted = plain(name)
  const [best] = known
    .map((one) => ({ one, distance: editDistance(wanted, plain(one)) }))
    .sort((a, b) => a.distance - b.distance)
  // A third of the letters wrong: rather another word than a slip.
  return best === undefined || best.distance > wanted.length / 3 ? '' : `, did you mean "${best.one}"?`
}

/** Whoever writes `pod-name` or `podname` means `podName`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_.]/g, '')
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
