/** Flags of `lvscare care` whose values are nobody's business: tokens travel in headers and bodies. */
export const SECRET_FLAGS: ReadonlySet<string> = new Set(['health-req-headers', 'health-req-body'])

const PATH_FLAGS: ReadonlySet<string> = new Set(['health-path', 'ready-path'])

/** Flags by name with their values, without what may be secret: what a guard tells who asks, and others may write anywhere. */
export function publicFlags(
  flags: Iterable<readonly [name: string, values: readonly string[]]>,
): Map<string, readonly string[]> {
  const open = [...flags].filter(([name]) => !SECRET_FLAGS.has(name))
  return new Map(open.map(([name, values]) => [name, values.map((value) => publicValue(name, value))]))
}

/** A value of a flag that is not secret itself: what stands behind the question mark of a path may be a token. */
export function publicValue(name: string, value: string): string {
  return PATH_FLAGS.has(name) ? value.replace(/\?.*$/s, '') : value
}
