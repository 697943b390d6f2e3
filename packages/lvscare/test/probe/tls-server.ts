import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'

/** A private key and its certificate, in PEM. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** A self-signed certificate for 127.0.0.1. */
export function selfSigned(): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-cert-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = ['-subj', '/CN=kube-apiserver', '-addext', 'subjectAltName=IP:127.0.0.1']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A server on a port of its own, with what it has seen. */
export interface TestServer {
  readonly origin: string
  readonly port: number
  /** TCP connections since the start. */
  connections: number
  /** Finished TLS handshakes since the start. */
  handshakes: number
  /** Connections that are open now. */
  readonly open: Set<Socket>
  close(): Promise<void>
  /** Listens again, on the same port. */
  reopen(): Promise<void>
}

/** Like an apiserver: it does not close a connection because nobody asks for some seconds. */
const LASTING = { keepAliveTimeout: 0 }

/** An HTTPS server. */
export function https(
  pair: KeyPair,
  listener: RequestListener,
  options: TlsOptions = {},
): Promise<TestServer> {
  return started(createHttpsServer({ ...pair, ...LASTING, ...options }, listener), 'https')
}

/** An HTTP/2 server, which speaks HTTP/1.1 as well unless it is told not to. */
export function http2(
  pair: KeyPair,
  listener: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  options: SecureServerOptions = {},
): Promise<TestServer> {
  const server = createSecureServer({ ...pair, allowHTTP1: true, ...options }, listener)
  return started(
    server.on('sessionError', () => undefined),
    'https',
  )
}

/** An HTTP/2 server that does with each stream what `serve` does. */
export function streams(
  pair: KeyPair,
  serve: (stream: ServerHttp2Stream) => void,
  options: SecureServerOptions = {},
): Promise<TestServer> {
  const server = createSecureServer({ ...pair, ...options }).on('stream', (stream) => {
    stream.on('error', () => undefined)
    serve(stream)
  })
  return started(
    server.on('sessionError', () => undefined),
    'https',
  )
}

/** An HTTP server without TLS; `scheme` is what its origin pretends. */
export function http(listener: RequestListener, scheme: 'http' | 'https' = 'http'): Promise<TestServer> {
  return started(createHttpServer(LASTING, listener), scheme)
}

/** A TLS server that speaks whatever `serve` writes. */
export function tls(
  pair: KeyPair,
  serve: (socket: TLSSocket) => void,
  options: TlsOptions = {},
): Promise<TestServer> {
  return started(createTlsServer({ ...pair, ...options }, serve), 'https')
}

/** A server of plain TCP; `scheme` is what its origin pretends. */
export function tcp(
  serve: (socket: Socket) => void,
  scheme: 'http' | 'https' = 'https',
): Promise<TestServer> {
  return started(createTcpServer(serve), scheme)
}

/** An origin where nobody listens. */
export async function nobody(): Promise<string> {
  const server = await tcp(() => undefined)
  await server.close()
  return server.origin
}

async function started(server: Server, scheme: string): Promise<TestServer> {
  const open = new Set<Socket>()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.close()
    for (const socket of open) socket.destroy()
    await once(server, 'close')
  }
  const seen: TestServer = {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    connections: 0,
    handshakes: 0,
    open,
    close,
    reopen: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
  server.on('connection', (socket) => {
    seen.connections += 1
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
  })
  server.on('secureConnection', (socket: Socket) => {
    seen.handshakes += 1
    socket.on('error', () => undefined)
  })
  server.on('tlsClientError', () => undefined)
  return seen
}
