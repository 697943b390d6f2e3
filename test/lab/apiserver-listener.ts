import { createSecureServer, type Http2Session } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type Socket, type Server as TcpServer } from 'node:net'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import type { Answer, Answers, Asked } from './apiserver-answers.ts'
import { isRude, treatRudely } from './apiserver-hostile.ts'
import { Session } from './apiserver-session.ts'
import type { KeyPair } from './certificate.ts'

/** What an apiserver has been asked since its start. */
export interface Counters {
  /** TCP connections that were accepted. */
  connections: number
  /** TLS handshakes that were finished. */
  handshakes: number
  requests: number
  /** PING frames of HTTP/2. */
  pings: number
}

/** How one address is listened on. */
export interface ListenerOptions {
  readonly pair: KeyPair
  readonly port: number
  /** Only who has a certificate of this authority is let in. */
  readonly clientAuthority?: string | undefined
  /** `2`: HTTP/2 for who can speak it. @default '2' */
  readonly http?: '1.1' | '2' | undefined
  /** An HTTP/2 connection without a stream for this long is ended, as by kube-apiserver. @default 90_000 */
  readonly idleMs?: number | undefined
}

/** kube-apiserver's own limit. */
const IDLE_MS = 90_000

/** One address that an apiserver listens on. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #answers: Answers
  readonly #counters: Counters
  readonly #tcp: TcpServer
  readonly #tls: TlsServer
  readonly #open = new Set<Socket>()
  readonly #sessions = new Map<Http2Session, Session>()
  /** Open TLS connections that speak HTTP/1.1, with the number of answers under way. */
  readonly #busy = new Map<TLSSocket, number>()

  constructor(options: ListenerOptions, answers: Answers, counters: Counters) {
    this.#options = options
    this.#answers = answers
    this.#counters = counters
    this.#tls = this.#createTls()
    this.#tls.on('secureConnection', (socket) => this.#greet(socket))
    this.#tcp = createTcp((socket) => this.#accept(socket))
  }

  /** Resolves when connections are accepted. */
  listen(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tcp.on('error', reject)
      this.#tcp.listen(this.#options.port, address, resolve)
    })
  }

  /** Shows another certificate from now on. */
  present(pair: KeyPair): void {
    this.#tls.setSecureContext(pair)
  }

  /** Ends every connection at once. */
  drop(): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** Refuses new connections, and ends the open ones as soon as what they carry is done. */
  retire(): void {
    this.#tcp.close()
    for (const session of this.#sessions.values()) session.goAway()
    for (const [socket, answers] of this.#busy) if (answers === 0) socket.end()
  }

  /** Ends every connection in order; resolves when all are gone. */
  async finish(): Promise<void> {
    const gone = [...this.#open].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', resolve)),
    )
    for (const session of this.#sessions.keys()) session.close()
    for (const socket of this.#busy.keys()) socket.end()
    await Promise.all(gone)
  }

  #createTls(): TlsServer {
    const { pair, clientAuthority: ca, http = '2', idleMs = IDLE_MS } = this.#options
    const options = {
      ...pair,
      ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
    }
    const answer = (request: Asked, response: Answer): void => this.#answer(request, response)
    if (http === '1.1') {
      const server = createHttps(options, answer)
      // An apiserver keeps idle connections for minutes, not for Node's five seconds.
      server.keepAliveTimeout = 180_000
      return server
    }
    return createSecureServer({ ...options, allowHTTP1: true }, answer).on('session', (session) => {
      this.#sessions.set(session, new Session(session, idleMs))
      session.on('close', () => this.#sessions.delete(session))
      session.on('ping', () => {
        this.#counters.pings += 1
      })
    })
  }

  #accept(socket: Socket): void {
    this.#counters.connections += 1
    this.#open.add(socket)
    socket.on('error', () => undefined).on('close', () => this.#open.delete(socket))
    const { mode } = this.#answers
    if (isRude(mode)) treatRudely(mode, socket)
    else this.#tls.emit('connection', socket)
  }

  #greet(socket: TLSSocket): void {
    this.#counters.handshakes += 1
    if (socket.alpnProtocol === 'h2') return
    this.#busy.set(socket, 0)
    socket.on('close', () => this.#busy.delete(socket))
  }

  #answer(request: Asked, response: Answer): void {
    this.#counters.requests += 1
    if (request.httpVersionMajor === 1) this.#countAnswer(request.socket as TLSSocket, response)
    this.#answers.give(request, response)
  }

  #countAnswer(socket: TLSSocket, response: Answer): void {
    const add = (change: number): void => {
      const answers = this.#busy.get(socket)
      if (answers !== undefined) this.#busy.set(socket, answers + change)
    }
    add(1)
    response.on('close', () => add(-1))
  }
}
