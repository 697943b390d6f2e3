/** True for what the packages say they throw: an error with a code of theirs. */
export function isDeclared(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /^ERR_(NETLINK|IPVS|LVSCARE)_[A-Z_]+$/.test(String(error.code))
  )
}

/** True for what a decoder of bytes may throw: a DecodeError and nothing else. */
export function isDecodeError(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_NETLINK_DECODE'
}

/** A failure as one line without what differs from run to run: numbers and names. */
export function shapeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'thrown: no error'
  // What V8 says of a text quotes it.
  if (error instanceof SyntaxError) return error.name
  const code = 'code' in error ? String(error.code) : error.name
  return `${code}: ${error.message
    .replace(/"[^"]*"/gs, '"…"')
    .replace(/\d+/g, '#')
    .slice(0, 120)}`
}
