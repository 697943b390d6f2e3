const PREFIX = 'lvscare/'

/** As long as such a name can be (unix(7)): libuv fills shorter ones up with NULs, or does not, by its version. */
const NAME_BYTES = 107

/** The name of the seat of a virtual server in the abstract namespace, without its leading NUL. */
export function seatName(virtual: string): string {
  return `${PREFIX}${virtual}`.padEnd(NAME_BYTES, '/')
}
