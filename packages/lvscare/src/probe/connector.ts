import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net'
import { checkServerIdentity, connect as connectTls, TLSSocket } from 'node:tls'
import { type CertificateInfo, certificateInfo } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { fdOf } from './fd.ts'
import { sourceBeside } from './source.ts'
import { type Suspicion, suspicionOf } from './suspicion.ts'
import type { TlsTrust } from './trust.ts'

/** Where a connection has got to; `end`: of an answer that has begun. */
export type Phase = 'connection' | 'TLS handshake' | 'answer' | 'end of the answer'

/** Options of a {@link Connector}. */
export interface ConnectorOptions {
  /** Such as `https://192.0.2.1:6443`. */
  readonly origin: string
  /** `undefined`: without TLS. */
  readonly trust: TlsTrust | undefined
  /** Offers HTTP/2 beside HTTP/1.1. */
  readonly offersHttp2: boolean
  /** From a port such as every client has, and not one of {@link sourceBeside}. */
  readonly asClient: boolean
  /** Told of each finished TLS handshake. */
  readonly onHandshake: (() => void) | undefined
  /** Takes what the server shows, whether it is accepted or not. */
  readonly onCertificate: ((info: CertificateInfo) => void) | undefined
}

/**
 * Makes one connection, and has it in hand from the first packet on: undici would leave one that hangs to a timer.
 *
 * No TLS session is kept for the next one: a handshake is cheap, and a resumed one proves nothing of the certificate.
 */
export class Connector {
  readonly #options: ConnectorOptions
  readonly #host: string
  readonly #socket: Socket
  /** How far it has come; who speaks over it moves it on. */
  phase: Phase = 'connection'
  /** Unix time in milliseconds at which the certificate ends that the server showed. */
  expiresMs: number | undefined
  /** Told once that the connection is over; of a suspicion when it was the other side or the network that ended it. */
  onOver: (suspicion: Suspicion | undefined) => void = () => undefined

  constructor(options: ConnectorOptions) {
    this.#options = options
    const { hostname, port, protocol } = new URL(options.origin)
    this.#host = hostname.replace(/^\[(.*)\]$/, '$1')
    const usual = protocol === 'https:' ? 443 : 80
    const source = options.asClient ? {} : sourceBeside(this.#host)
    this.#socket = openSocket({ host: this.#host, port: Number(port) || usual, ...source }, options)
    this.#listen()
  }

  /** True once the connection is over. */
  get closed(): boolean {
    return this.#socket.destroyed
  }

  /** The number of the socket, for its options; `undefined` where Node does not tell it. */
  get fd(): number | undefined {
    return fdOf(this.#socket)
  }

  /** The socket, once it is ready to be spoken over. To be called once. */
  ready(): Promise<Socket> {
    const { trust, onHandshake } = this.#options
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      socket
        .once('error', reject)
        .once('close', () => reject(closedError()))
        .once('connect', () => {
          this.phase = trust === undefined ? 'answer' : 'TLS handshake'
          if (trust === undefined) resolve(socket)
        })
        .once('secureConnect', () => {
          this.phase = 'answer'
          onHandshake?.()
          const problem = this.#inspect()
          if (problem === undefined) resolve(socket)
          else reject(problem)
        })
    })
  }

  /** From now on the kernel asks the other side every second whether it is still there. */
  keepAlive(): void {
    this.#socket.setKeepAlive(true, 1000)
  }

  /** Drops the connection, whatever it is doing. */
  destroy(): void {
    this.#socket.destroy()
  }

  #listen(): void {
    let isOver = false
    const over = (suspicion: Suspicion | undefined): void => {
      if (isOver) return
      isOver = true
      this.onOver(suspicion)
    }
    this.#socket
      .setNoDelay(true)
      .setKeepAlive(true, 60_000)
      // Stays: whatever comes when nobody speaks over the socket any more must not end the process.
      .on('error', (error) => over(suspicionOf(error)))
      .once('end', () => over({ reason: 'closed', detail: 'the server ended the connection' }))
      .once('close', () => over(undefined))
  }

  /** What is wrong with the certificate of a finished handshake, if anything. */
  #inspect(): Error | undefined {
    const socket = this.#socket
    if (!(socket instanceof TLSSocket)) return undefined
    const { trust, onCertificate } = this.#options
    const certificate = socket.getPeerX509Certificate()
    if (certificate !== undefined) {
      const info = certificateInfo(certificate)
      this.expiresMs = info.expiresMs
      onCertificate?.(info)
    }
    if (socket.authorized || trust?.insecure) return undefined
    const name = trust?.serverName ?? this.#host
    return new CertificateError(String(socket.authorizationError), certificate, { name, nowMs: Date.now() })
  }
}

function openSocket(where: TcpNetConnectOpts, { trust, offersHttp2 }: ConnectorOptions): Socket {
  if (trust === undefined) return connectTcp(where)
  const { context, serverName } = trust
  return connectTls({
    ...where,
    secureContext: context,
    ALPNProtocols: offersHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    // The verdict on the certificate is ours, and names what is wrong with it.
    rejectUnauthorized: false,
    checkServerIdentity: (address, certificate) => checkIdentity(serverName ?? address, certificate),
    // What is sent must be a host name: the protocol knows no addresses there.
    ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
  })
}

/** Node throws, in the middle of an event, on names that it cannot take apart. */
function checkIdentity(...check: Parameters<typeof checkServerIdentity>): Error | undefined {
  try {
    return checkServerIdentity(...check)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** What is said of a connection that has ended without a word. */
export function closedError(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}
