import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Connection, Question } from './connection.ts'
import { Connector, type ConnectorOptions, closedError, type Phase } from './connector.ts'
import type { SentinelView, Suspicion } from './suspicion.ts'
import type { TlsTrust } from './trust.ts'

/** How a line came to its end. */
export interface Ending {
  /** What the other side or the network did; `undefined`: nothing that says anything about the server. */
  readonly suspicion: Suspicion | undefined
  /** The server had said goodbye (GOAWAY), or had answered the last question in full: it ended as connections do. */
  readonly isOrderly: boolean
}

/** One connection to a server, from the first packet to the last; never two. It speaks what the server has chosen. */
export class Line {
  /** How many probes have ended on it with an answer. */
  answers = 0
  /** Unix time in milliseconds at which it was begun. */
  readonly madeMs: number
  /** What its handshake was made with. */
  readonly trust: TlsTrust | undefined
  /** How it ended; `undefined` while it lasts, and when it was closed here. */
  ending: Ending | undefined
  /** Told once that it takes no more questions, and why, unless it was closed here. */
  onEnding: (ending: Ending) => void = () => undefined
  readonly #origin: string
  readonly #connector: Connector
  #connection: Connection | undefined
  #isAsking = false
  #held: Suspicion | undefined
  #isOver = false

  constructor(options: ConnectorOptions, madeMs: number) {
    this.madeMs = madeMs
    this.trust = options.trust
    this.#origin = options.origin
    this.#connector = new Connector(options)
    this.#connector.onOver = (suspicion) => this.#onSocketOver(suspicion)
  }

  get closed(): boolean {
    return this.#isOver || this.#connector.closed || this.#connection?.closed === true
  }

  /** What it is waiting for. */
  get phase(): Phase {
    return this.#connector.phase
  }

  /** Unix time in milliseconds at which the certificate ends that the server showed. */
  get expiresMs(): number | undefined {
    return this.#connector.expiresMs
  }

  /** The number of its socket; `undefined` where Node does not tell it. */
  get fd(): number | undefined {
    return this.#connector.fd
  }

  /** How its health can be seen while nobody asks. */
  get watches(): SentinelView['watches'] {
    if (this.#connection?.ping !== undefined) return 'http2'
    return this.#origin.startsWith('https:') ? 'tls' : 'tcp'
  }

  /** Asks, reads the answer to its end, and returns its status. */
  async ask(question: Question, signal: AbortSignal): Promise<number> {
    this.#isAsking = true
    try {
      if (this.#connection === undefined) this.#connection = await this.#connect()
      else this.#connector.phase = 'answer'
      const onPhase = (phase: Phase): void => {
        this.#connector.phase = phase
      }
      const status = await this.#connection.ask(question, { signal, onPhase })
      this.#afterAsking(true)
      return status
    } catch (error) {
      this.#afterAsking(false)
      throw error
    }
  }

  /** Asks for a sign of life, where the protocol has one. */
  ping(answered: () => void): void {
    if (!this.closed) this.#connection?.ping?.(answered)
  }

  /** From now on the kernel asks the other side every second whether it is still there. */
  keepAlive(): void {
    this.#connector.keepAlive()
  }

  /** Drops it. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#connector.destroy()
    await this.#connection?.close()
  }

  async #connect(): Promise<Connection> {
    const socket = await this.#connector.ready()
    const connection =
      socket instanceof TLSSocket && socket.alpnProtocol === 'h2'
        ? await this.#speakHttp2(socket)
        : await this.#speakHttp1(socket)
    if (!this.closed) return connection
    await connection.close()
    throw closedError()
  }

  /** Loaded, like the other one, when the first server wants it: each brings what takes megabytes. */
  async #speakHttp1(socket: Socket): Promise<Connection> {
    const { Http1Connection } = await import('./http1-connection.ts')
    if (this.closed) throw closedError()
    return new Http1Connection(this.#origin, socket)
  }

  async #speakHttp2(socket: Socket): Promise<Connection> {
    const { Http2Connection } = await import('./http2-connection.ts')
    if (this.closed) throw closedError()
    return new Http2Connection(this.#origin, socket, () =>
      this.#end({ suspicion: undefined, isOrderly: true }),
    )
  }

  /** While it is being asked, the answer tells whether that was the end that the server had announced. */
  #onSocketOver(suspicion: Suspicion | undefined): void {
    if (this.#isAsking && suspicion !== undefined) this.#held = suspicion
    else this.#end({ suspicion, isOrderly: false })
  }

  #afterAsking(isAnswered: boolean): void {
    this.#isAsking = false
    if (this.#held !== undefined) this.#end({ suspicion: this.#held, isOrderly: isAnswered })
  }

  #end(ending: Ending): void {
    if (this.#isOver) return
    this.#isOver = true
    this.ending = ending
    this.onEnding(ending)
  }
}
