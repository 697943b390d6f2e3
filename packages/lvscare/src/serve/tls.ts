import { constants, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { MetricsTls } from '../config-metrics.ts'
import type { Log } from '../log.ts'
import { renewedFiles } from '../probe/renewed-files.ts'
import { readTrust, type TrustFiles, type TrustFlags, trustStamp } from '../probe/trust-files.ts'
import { CONNECTION_MS } from './door.ts'

/** Takes a connection that is ready to be spoken over; `isTrusted`: who is on the other end may read everything. */
export type Ready = (socket: Socket, isTrusted: boolean) => void

/** What {@link openTls} needs beside the files. */
export interface TlsParts {
  readonly log: Log
  readonly ready: Ready
  /** Unix time in milliseconds. @default Date.now */
  readonly now?: () => number
}

/**
 * No session is taken up again: who had no certificate the first time would count as authorized the second. And none is
 * negotiated anew: a client could have the guard do that without end.
 */
const SECURE_OPTIONS = constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION

const FLAGS: TrustFlags = { ca: 'metrics-client-ca', cert: 'metrics-tls-cert', key: 'metrics-tls-key' }

/**
 * Makes TLS of connections, with the files of the flags; throws UsageError when they cannot be used.
 *
 * They are read again when they have changed since the last connection. A certificate that has ended is used
 * nevertheless, and the log says so: kubelet does not look at it, and would end a guard that does not answer.
 */
export function openTls(
  files: MetricsTls,
  { log, ready, now = Date.now }: TlsParts,
): (socket: Socket) => void {
  const named: TrustFiles = { caFile: files.clientCaFile, certFile: files.certFile, keyFile: files.keyFile }
  const asksClients = files.clientCaFile !== undefined
  const server = createServer({
    allowHalfOpen: true,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: CONNECTION_MS,
    requestCert: asksClients,
    // Who shows none, or a wrong one, still has to hear that the guard is alive.
    rejectUnauthorized: false,
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    // Garbage or a reset beneath TLS is the end of this connection, and of nothing else.
    socket.on('error', () => socket.destroy())
    const isKnown = socket.authorized && socket.getPeerX509Certificate() !== undefined
    ready(socket, !asksClients || isKnown)
  })
  const endsMs = renewedFiles({
    stamp: () => trustStamp(named),
    load: () => {
      const { ca = [], cert = '', key } = readTrust(named, FLAGS)
      server.setSecureContext({ ca, cert, key, secureOptions: SECURE_OPTIONS })
      return { ms: Date.parse(new X509Certificate(cert).validTo) }
    },
    report: (event) => {
      if (event.kind === 'reloaded') log.info({}, 'certificate files of the metrics read again')
      else
        log.error(
          { error: event.error },
          'certificate files of the metrics cannot be used, the last good ones stay',
        )
    },
  })
  let told: object | undefined
  return (socket) => {
    const ends = endsMs()
    if (ends.ms < now() && told !== ends) {
      told = ends
      log.warn({ file: files.certFile }, 'the certificate of the metrics has ended')
    }
    server.emit('connection', socket)
  }
}
