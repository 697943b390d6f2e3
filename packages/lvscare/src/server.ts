import { createServer, type Server, type Socket } from 'node:net'
import type { CareConfig } from './config.ts'
import type { Endpoint } from './endpoint.ts'
import { codeOf, messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { converse } from './serve/conversation.ts'
import { Door } from './serve/door.ts'
import { answerFrom, type Pages } from './serve/pages.ts'
import { openTls, type Ready } from './serve/tls.ts'

/** Something that was opened and must be closed. */
export interface Closable {
  close(): Promise<void>
}

/** Where metrics are served, and how. */
export type ServeConfig = Pick<CareConfig, 'metricsAddress' | 'metricsTls'>

/** What is needed to serve, beside the pages; what may be left out is for tests. */
export interface ServeParts {
  readonly log: Log
  /** Gives up a connection when what was sent on it is not acknowledged within this many milliseconds; may throw. */
  readonly limitSilence?: (fd: number, ms: number) => void
  /** Pause before an address or files that could not be had are tried again, in milliseconds. @default 5000 */
  readonly againMs?: number
  /** The longest time for one connection, in milliseconds. */
  readonly connectionMs?: number
}

const AGAIN_MS = 5000

/**
 * Serves `/metrics`, `/healthz` and `/readyz`; resolves when it listens.
 *
 * An address that cannot be had, or files that cannot be used, are logged and nothing more: a guard without metrics is
 * better than no guard.
 */
export async function serveMetrics(config: ServeConfig, pages: Pages, parts: ServeParts): Promise<Closable> {
  const { metricsAddress: address, metricsTls: tls } = config
  if (address === undefined) return { close: async () => undefined }
  const { log } = parts
  const answer = answerFrom(pages)
  const ready: Ready = (socket, isTrusted) => {
    converse(socket, answer, isTrusted).catch((error) => {
      log.warn({ error: messageOf(error) }, 'request not answered')
      socket.destroy()
    })
  }
  let secure: ((socket: Socket) => void) | undefined
  const door = new Door({
    ...parts,
    take: (socket) => (tls === undefined ? ready(socket, true) : secure?.(socket)),
  })
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
    door.enter(socket),
  )
  const stop = new AbortController()
  const open = (): void => {
    // Not listening is what tells who asks that nothing can be served yet.
    if (tls !== undefined) secure ??= openTls(tls, { log, ready })
    server.listen(address.port, address.address)
  }
  await listen(server, open, { ...parts, address, tls: tls !== undefined, signal: stop.signal })
  return {
    close: () => {
      stop.abort()
      return close(server, door)
    },
  }
}

/** What {@link listen} needs to know. */
interface Listening extends ServeParts {
  readonly address: Endpoint
  readonly tls: boolean
  readonly signal: AbortSignal
}

/** Resolves after the first try; one that fails is repeated, because the port may be a predecessor's that is leaving. */
function listen(server: Server, open: () => void, parts: Listening): Promise<void> {
  const { address, tls, log, againMs = AGAIN_MS, signal } = parts
  return new Promise((resolve) => {
    let problem: string | undefined
    const fail = (error: unknown): void => {
      const found = messageOf(error)
      if (found !== problem)
        log.error({ address: address.text, code: codeOf(error), error: found }, 'metrics are not served')
      problem = found
      resolve()
      // One connection could not be accepted, for want of a descriptor; it goes on listening.
      if (server.listening) return
      setTimeout(() => signal.aborted || attempt(), againMs).unref()
    }
    const attempt = (): void => {
      try {
        open()
      } catch (error) {
        fail(error)
      }
    }
    server.on('error', fail).on('listening', () => {
      problem = undefined
      log.info({ address: address.text, tls }, 'metrics are served')
      resolve()
    })
    attempt()
  })
}

function close(server: Server, door: Door): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    door.close()
  })
}
