import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { answerHostile, type HostileMode, isHostile, type RudeMode } from './apiserver-hostile.ts'

/**
 * How health checks are answered: `ok`, `sick` with 500, `unready` so for /readyz only, `status N` with that one,
 * `unauthorized` with 401; `hang` accepts and says nothing. The hostile ones answer, the rude ones do not even shake hands.
 */
export type Mode =
  | 'ok'
  | 'sick'
  | 'unready'
  | 'hang'
  | 'unauthorized'
  | `status ${number}`
  | HostileMode
  | RudeMode

/** What is asked, by HTTP/1.1 or HTTP/2. */
export type Asked = IncomingMessage | Http2ServerRequest

/** What the answers of HTTP/1.1 and HTTP/2 have in common, as far as it is used here. */
export interface Answer {
  writeHead(status: number, headers?: Record<string, string | number>): Answer
  setHeader(name: string, value: string): unknown
  write(chunk: string, written?: () => void): boolean
  end(): unknown
  end(chunk: string | Buffer): unknown
  destroy(): unknown
  on(event: 'close' | 'drain', listener: () => void): unknown
}

/** Gives the answers of one apiserver, whose name stands in each of them as `x-server`. */
export class Answers {
  mode: Mode = 'ok'
  /** It has been told to stop: it is not ready any more, and does everything else as before. */
  isStopping = false
  /** It takes no new connections: who speaks HTTP/1.1 is told that this was the last answer. */
  isLast = false
  /** What it answers by path, besides what it answers always. */
  documents: Readonly<Record<string, string>> = {}
  readonly #name: string
  /** Answers that have no end of their own, as watches. */
  readonly #open = new Set<Answer>()

  constructor(name: string) {
    this.#name = name
  }

  /** Answers one request. */
  give(request: Asked, response: Answer): void {
    response.setHeader('x-server', this.#name)
    if (this.isLast && request.httpVersionMajor === 1) response.setHeader('connection', 'close')
    const [path = ''] = (request.url ?? '').split('?')
    const document = this.documents[path]
    if (document !== undefined) response.end(document)
    else if (path === '/name') response.end(this.#name)
    else if (path === '/watch') this.#keepOpen(response)
    else if (path === '/echo') this.#echo(request, response)
    else if (path === '/readyz' && (this.isStopping || this.mode === 'unready'))
      response.writeHead(500).end('[-]shutdown failed: reason withheld')
    else answerHealth(this.mode, response)
  }

  /** Ends every answer that has no end of its own. */
  endAll(): void {
    for (const response of this.#open) response.end()
  }

  /** What comes in goes back, for as long as something comes. */
  #echo(request: Asked, response: Answer): void {
    this.#keepOpen(response)
    request.setEncoding('utf8')
    request.on('data', (text: string) => response.write(text))
    request.on('end', () => response.end())
  }

  #keepOpen(response: Answer): void {
    this.#open.add(response)
    response.on('close', () => this.#open.delete(response))
    response.writeHead(200).write('started\n')
  }
}

function answerHealth(mode: Mode, response: Answer): void {
  if (mode === 'ok' || mode === 'unready') response.end('ok')
  else if (mode === 'sick') response.writeHead(500).end('[-]etcd failed: reason withheld')
  else if (mode === 'unauthorized') response.writeHead(401).end('Unauthorized')
  else if (mode.startsWith('status ')) response.writeHead(Number(mode.slice(7))).end()
  else if (isHostile(mode)) answerHostile(mode, response)
}
