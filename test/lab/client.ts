import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'

/** A new connection to the virtual IP: which server answered it, or why none did. */
export type Attempt =
  | { readonly server: string; readonly ms: number }
  | { readonly error: string; readonly ms: number }

/** Opens one new TLS connection, asks who is there, and closes it. Never rejects. */
export function attempt(address: string, port: number, timeoutMs = 3000): Promise<Attempt> {
  const start = performance.now()
  const ms = (): number => Math.round(performance.now() - start)
  return new Promise((resolve) => {
    const one = request(
      { host: address, port, path: '/name', rejectUnauthorized: false, agent: false },
      (response) => {
        let server = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          server += text
        })
        response.on('end', () => resolve({ server, ms: ms() }))
      },
    )
    const timer = setTimeout(
      () => one.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })),
      timeoutMs,
    )
    one.on('close', () => clearTimeout(timer))
    one.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ error: error.code ?? error.message, ms: ms() }),
    )
    one.end()
  })
}

/** A long-lived connection, as a kubelet's watch: knows when and how it ended. */
export interface Watch {
  readonly socket: TLSSocket
  /** Which server has it. */
  readonly server: string
  /** Resolves with the error's code, or `closed` for an orderly end. */
  readonly ended: Promise<string>
}

/** Opens a connection through `address` and leaves an unanswered watch on it. */
export function openWatch(address: string, port: number): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false }, () => {
      socket.write('GET /watch HTTP/1.1\r\nHost: apiserver\r\n\r\n')
      socket.once('data', (head: Buffer) => {
        const server = /^x-server: (.*)\r$/m.exec(head.toString())?.[1] ?? ''
        resolve({ socket, server, ended })
      })
    })
    const ended = new Promise<string>((end) => {
      socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
      socket.once('close', () => end('closed'))
    })
    socket.once('error', reject)
  })
}
