import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { KeyPair } from './tls-server.ts'

/** What `openssl s_server` does with a connection when a line begins with this: it can do what Node's servers cannot. */
export const ORDER = { renegotiate: 'r', askCertificate: 'R', updateKeys: 'K' } as const

/** `openssl s_server`, which answers each request it sees well, and does with the connection what it is told. */
export class OpensslServer {
  readonly origin: string
  /** What it has said of errors. */
  complaints = ''
  /** Requests that have come. */
  asked = 0
  readonly #process: ChildProcessWithoutNullStreams
  readonly #folder: string
  #said = ''

  private constructor(process: ChildProcessWithoutNullStreams, folder: string, port: number) {
    this.origin = `https://127.0.0.1:${port}`
    this.#process = process
    this.#folder = folder
    process.stdin.on('error', () => undefined)
    process.stderr.setEncoding('latin1').on('data', (more: string) => {
      this.complaints += more
    })
    process.stdout.setEncoding('latin1').on('data', (more: string) => this.#hear(more))
  }

  /** Starts one that speaks a version of TLS: `-tls1_2` or `-tls1_3`; resolves when it accepts connections. */
  static async start(pair: KeyPair, version: '-tls1_2' | '-tls1_3'): Promise<OpensslServer> {
    const folder = mkdtempSync(join(tmpdir(), 'lvscare-openssl-'))
    const file = join(folder, 'pair.pem')
    writeFileSync(file, pair.key + pair.cert)
    const port = await freePort()
    const words = ['s_server', version, '-accept', `127.0.0.1:${port}`, '-cert', file, '-key', file]
    const server = new OpensslServer(spawn('openssl', words), folder, port)
    await server.#says('ACCEPT')
    return server
  }

  /** Orders that it has carried out. */
  get obeyed(): number {
    return this.#said.split('SSL_do_handshake ->').length - 1
  }

  /** Does something to the connection, as often as is said; resolves when it has been told so. */
  async order(what: string, times = 1): Promise<void> {
    for (let n = 0; n < times; n += 1) {
      this.#process.stdin.write(`${what}\n`)
      // What is read together with the line before it does not count.
      await delay(2)
    }
  }

  /** Ends it. */
  async close(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true })
  }

  #hear(more: string): void {
    this.#said += more
    const requests = this.#said.split('\r\n\r\n').length - 1
    for (; this.asked < requests; this.asked += 1)
      this.#process.stdin.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  }

  async #says(text: string): Promise<void> {
    while (!this.#said.includes(text)) await once(this.#process.stdout, 'data')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
