import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls'
import { type CertificateInfo, certificateInfo } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import type { TlsTrust } from './trust.ts'

/** Where a connection has got to; `end`: of an answer that has begun. */
export type Phase = 'connection' | 'TLS handshake' | 'answer' | 'end of the answer'

/** Options of a {@link Connector}. */
export interface ConnectorOptions {
  /** `undefined`: without TLS. */
  readonly trust: TlsTrust | undefined
  /** Takes what the server shows, whether it is accepted or not. */
  readonly onCertificate: ((info: CertificateInfo) => void) | undefined
}

/** Where to connect to, as undici says it. */
export interface Target {
  readonly hostname: string
  readonly port: string
}

type Done = (...result: [error: Error, socket: null] | [error: null, socket: Socket]) => void

/**
 * Makes one connection, and has it in hand from the first packet on: undici would leave one that hangs to a timer.
 *
 * No TLS session is kept for the next one: a handshake is cheap, and a resumed one proves nothing of the certificate.
 */
export class Connector {
  readonly #options: ConnectorOptions
  #socket: Socket | undefined
  /** How far it has come; the client of this connection moves it on. */
  phase: Phase = 'connection'

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  /** True once the connection is over. */
  get closed(): boolean {
    return this.#socket?.destroyed === true
  }

  /** For undici, which connects again by itself: but that is another connection. */
  readonly connect = (target: Target, done: Done): void => {
    if (this.#socket === undefined) this.#socket = this.#open(target, done)
    else done(closedError(), null)
  }

  /** Drops the connection, whatever it is doing. */
  destroy(): void {
    this.#socket?.destroy()
  }

  #open(target: Target, done: Done): Socket {
    const { trust } = this.#options
    const socket = openSocket(target, trust)
    let waiting = true
    const finish = (error: Error | undefined): void => {
      if (!waiting) return
      waiting = false
      if (error === undefined) done(null, socket)
      else {
        socket.destroy()
        done(error, null)
      }
    }
    socket
      .setNoDelay(true)
      .setKeepAlive(true, 60_000)
      // Stays: whatever comes when undici has let go of the socket must not end the process.
      .on('error', finish)
      .once('close', () => finish(closedError()))
      .once('connect', () => {
        this.phase = trust === undefined ? 'answer' : 'TLS handshake'
        if (trust === undefined) finish(undefined)
      })
      .once('secureConnect', () => {
        this.phase = 'answer'
        finish(this.#inspect(socket as TLSSocket, trust?.serverName ?? target.hostname))
      })
    return socket
  }

  /** What is wrong with the certificate of a finished handshake, if anything. */
  #inspect(socket: TLSSocket, name: string): Error | undefined {
    const certificate = socket.getPeerX509Certificate()
    if (certificate !== undefined) this.#options.onCertificate?.(certificateInfo(certificate))
    if (socket.authorized || this.#options.trust?.insecure) return undefined
    return new CertificateError(String(socket.authorizationError), certificate, { name, nowMs: Date.now() })
  }
}

function openSocket({ hostname: host, port }: Target, trust: TlsTrust | undefined): Socket {
  const where = { host, port: Number(port) }
  if (trust === undefined) return connectTcp(where)
  const { context, serverName } = trust
  return connectTls({
    ...where,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
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

function closedError(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}
