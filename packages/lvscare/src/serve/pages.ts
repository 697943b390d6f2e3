import type { Metrics } from '../metrics.ts'
import { remembered } from '../time.ts'
import type { GuardView } from '../view.ts'
import type { PageRequest, Refused } from './request.ts'

/** What the pages are made of. */
export interface Pages {
  readonly metrics: Pick<Metrics, 'text' | 'registry'>
  /** Asked at every request. */
  readonly view: () => GuardView
}

/** One answer; the type is plain text unless it says otherwise. */
export interface Page {
  readonly status: number
  readonly body: string
  readonly type?: string
}

/** Answers one question; `isTrusted`: who asks may read everything. */
export type Answer = (request: PageRequest | Refused, isTrusted: boolean) => Promise<Page>

/**
 * Everybody who scrapes within this time reads the same, in milliseconds: to look everything up takes a hundred times
 * longer than to send it.
 */
const SHARED_MS = 250

/** Answers questions from these pages. */
export function answerFrom({ metrics, view }: Pages): Answer {
  const text = remembered(SHARED_MS, () => metrics.text())
  return async (request, isTrusted) => {
    if ('status' in request) return refusal(request)
    const { method, path } = request
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, body: 'only GET and HEAD are answered\n' }
    switch (path) {
      case '/metrics':
        if (!isTrusted) return { status: 403, body: 'a client certificate is needed\n' }
        return { status: 200, body: await text(), type: metrics.registry.contentType }
      case '/healthz':
        return healthPage(view())
      case '/readyz':
        return readyPage(view())
      default:
        return { status: 404, body: 'see /metrics, /healthz and /readyz\n' }
    }
  }
}

/** Says nothing of what was asked: it may be anything. */
function refusal({ status }: Refused): Page {
  return { status, body: status === 431 ? 'the request is too large\n' : 'the request is not HTTP/1.1\n' }
}

/** For a liveness probe: a guard that does not pass any more has to be started anew, whatever its servers do. */
function healthPage({ alive }: GuardView): Page {
  return alive ? { status: 200, body: 'ok\n' } : { status: 503, body: 'passes have stopped\n' }
}

/** For a readiness probe: says what keeps the virtual IP from working as it should, a line for each piece. */
function readyPage({ ready, alive, pieces }: GuardView): Page {
  if (ready) return { status: 200, body: 'ok\n' }
  const broken = pieces
    .filter(({ ok }) => !ok)
    .map(({ piece, error = 'not yet true' }) => `${piece}: ${error}`)
  const lines = alive ? broken : ['passes have stopped', ...broken]
  return { status: 503, body: `${(lines.length > 0 ? lines : ['the path is not true']).join('\n')}\n` }
}
