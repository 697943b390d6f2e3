import { open } from 'node:fs/promises'
import { formatAddress, parseAddress } from '@lvscare/netlink'
import { IpvsError } from './errors.ts'

/** One end of a connection. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** One line of the connection table. */
export interface ConnectionEntry {
  /** `tcp`, `udp`, `sctp`, or the kernel's own word in lower case, such as `ip` for the template of a firewall mark. */
  readonly protocol: string
  /** The source before any masquerading: what the client's own socket is bound to. */
  readonly client: Endpoint
  /** Where the client believes to be connected. */
  readonly virtual: Endpoint
  readonly destination: Endpoint
  /** The kernel's word, such as `ESTABLISHED` or `SYN_RECV`. */
  readonly state: string
  readonly expiresSeconds: number
  /** Persistence engine, such as `sip`, and what it told connections apart by. */
  readonly peName?: string
  readonly peData?: string
}

/** Options of {@link readConnections}. */
export interface ReadConnectionsOptions {
  /** @default '/proc/net/ip_vs_conn' */
  readonly path?: string
  /** Stops reading; the generator then throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Looks at a line before it is parsed, which is cheap; see {@link connectionColumns}. @default every line */
  readonly filter?: (line: string) => boolean
  /** Told of each line that passes the filter but is not understood. @default such lines are left out */
  readonly onMalformed?: (line: string) => void
}

/** What one read of a /proc file gives at most: the kernel fills one page per read. */
const READ_BYTES = 4096

/** Several times as long as any line of the kernel. */
const MAX_LINE = 4096

const ADDRESS = '([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4}(?::[0-9A-Fa-f]{4}){7})'
const PORT = '([0-9A-Fa-f]{4})'
const END = `${ADDRESS} ${PORT}`
const LINE = new RegExp(`^(\\S+) +${END} ${END} ${END} (\\S+) +(\\d+)(?: (\\S+) (.*))?$`)

/**
 * Streams the connection table of the namespace this process is in; it needs no privilege.
 *
 * A line that is not understood is told to `onMalformed` and left out: a guard that frees the clients of a dead server
 * must not leave all of them hanging for one odd line. Entries may come twice or not at all when the table changes
 * while it is read; of two with the same ends the kernel tells the newer one first. Throws {@link IpvsError}
 * `ERR_IPVS_UNAVAILABLE` when there is no such file.
 *
 * Never more than a page is held, and the event loop turns after each; but the kernel walks its whole table up to the
 * page that is read, so the time grows with the square of the number of entries. It is spent in the thread pool.
 */
export async function* readConnections(
  options: ReadConnectionsOptions = {},
): AsyncGenerator<ConnectionEntry> {
  const { path = '/proc/net/ip_vs_conn', signal, filter = () => true, onMalformed = () => {} } = options
  for await (const lines of readPages(path, signal)) {
    for (const line of lines) {
      if (isHeader(line) || !filter(line)) continue
      const entry = parseConnectionLine(line)
      if (entry === undefined) onMalformed(line)
      else yield entry
    }
  }
}

/** Reads one line of the table, without its line end; undefined for the header and whatever else is no connection. */
export function parseConnectionLine(line: string): ConnectionEntry | undefined {
  const [, protocol, ca, cp, va, vp, da, dp, state, seconds, peName, peData] = LINE.exec(line) ?? []
  if (protocol === undefined || state === undefined) return undefined
  return {
    protocol: protocol.toLowerCase().replace(/^ip_/, 'ip-'),
    client: endpoint(ca, cp),
    virtual: endpoint(va, vp),
    destination: endpoint(da, dp),
    state,
    expiresSeconds: Number(seconds),
    ...(peName === undefined || peData === undefined ? {} : { peName, peData }),
  }
}

/** An address and port as they stand in a line, such as `0A00000B 192B`; throws RangeError for a bad address. */
export function connectionColumns({ address, port }: Endpoint): string {
  const { family, bytes } = parseAddress(address)
  const hex = Buffer.from(bytes).toString('hex')
  const text = family === 'inet' ? hex.toUpperCase() : hex.replace(/(.{4})(?=.)/g, '$1:')
  return `${text} ${port.toString(16).toUpperCase().padStart(4, '0')}`
}

function endpoint(address = '', port = ''): Endpoint {
  const bytes = Buffer.from(address.replaceAll(':', ''), 'hex')
  return { address: formatAddress(bytes), port: Number.parseInt(port, 16) }
}

function isHeader(line: string): boolean {
  return line === '' || line.startsWith('Pro ')
}

/** The lines of a page at a time: a step of an asynchronous generator for each line would take longer than the line. */
async function* readPages(path: string, signal: AbortSignal | undefined): AsyncGenerator<string[]> {
  signal?.throwIfAborted()
  const file = await open(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  try {
    const buffer = Buffer.alloc(READ_BYTES)
    let rest = ''
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      signal?.throwIfAborted()
      if (bytesRead === 0) break
      const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n')
      rest = lines.pop() ?? ''
      // No line is that long: what has no end must not be kept until it has one.
      if (rest.length > MAX_LINE) {
        lines.push(rest)
        rest = ''
      }
      yield lines
    }
    if (rest !== '') yield [rest]
  } finally {
    await file.close()
  }
}

function unreadable(path: string, cause: unknown): IpvsError {
  const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
  const code = missing ? 'ERR_IPVS_UNAVAILABLE' : 'ERR_IPVS_KERNEL'
  return new IpvsError({ code, operation: 'read connections', subject: `from ${path}`, cause })
}
