import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { PORT } from '../../lab/apiserver.ts'
import { VIP } from '../../lab/cluster.ts'
import { TRUSTING } from '../../lab/newcomer.ts'

const WRITE_EVERY_MS = 100

/** An active connection on which nothing came back for this long hangs. */
const SILENCE_MS = 1500

/** More than there are servers in turn, should others take their turns meanwhile. */
const TRIES = 30

/** A long-lived connection through the virtual IP: `idle` sends nothing, `active` writes a line ten times a second. */
export class Stream {
  /** The server at the other end. */
  readonly server: string
  /** When the client learned that it is over, on the clock of `performance.now()`. */
  endedAt: number | undefined
  /** How: an error code, or `closed`. */
  how: string | undefined
  readonly #socket: TLSSocket
  readonly #timer: NodeJS.Timeout | undefined
  #heardAt = performance.now()

  private constructor(socket: TLSSocket, server: string, kind: 'idle' | 'active') {
    this.#socket = socket
    this.server = server
    socket.on('data', () => {
      this.#heardAt = performance.now()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message))
    socket.on('end', () => this.#end('closed'))
    socket.on('close', () => this.#end('closed'))
    if (kind === 'active') this.#timer = setInterval(() => socket.write('5\r\nline\n\r\n'), WRITE_EVERY_MS)
  }

  /** Opens one of each kind to each of these hosts. */
  static async open(servers: ReadonlySet<string>): Promise<Stream[]> {
    const streams: Stream[] = []
    for (const kind of ['idle', 'active'] as const) {
      const missing = new Set(servers)
      for (let tries = 0; missing.size > 0; tries += 1) {
        if (tries >= TRIES) throw new Error(`no ${kind} stream to ${[...missing].join(', ')}`)
        const stream = await Stream.#openAny(kind)
        if (missing.delete(stream.server)) streams.push(stream)
        else stream.close()
      }
    }
    return streams
  }

  /** One to whichever server comes. */
  static async #openAny(kind: 'idle' | 'active'): Promise<Stream> {
    const socket = connect({ host: VIP.v4, port: PORT, ...TRUSTING })
    await once(socket, 'secureConnect')
    const path = kind === 'idle' ? 'GET /watch' : 'POST /echo'
    const body = kind === 'idle' ? '' : 'Transfer-Encoding: chunked\r\n'
    socket.write(`${path} HTTP/1.1\r\nHost: kubernetes\r\n${body}\r\n`)
    const [head] = (await once(socket, 'data')) as [Buffer]
    const server = /^x-server: (.*)\r$/m.exec(head.toString())?.[1]
    if (server === undefined) throw new Error(`an answer without x-server: ${head}`)
    return new Stream(socket, server, kind)
  }

  get isActive(): boolean {
    return this.#timer !== undefined
  }

  /** What is written comes back; known of active ones only. */
  get works(): boolean {
    return this.isActive && this.endedAt === undefined && performance.now() - this.#heardAt < SILENCE_MS
  }

  /** Ends it from this side. */
  close(): void {
    clearInterval(this.#timer)
    this.#socket.destroy()
  }

  #end(how: string): void {
    clearInterval(this.#timer)
    this.endedAt ??= performance.now()
    this.how ??= how
  }
}
