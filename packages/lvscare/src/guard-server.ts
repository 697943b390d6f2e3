import type { CareConfig } from './config.ts'
import type { Endpoint } from './endpoint.ts'
import { messageOf } from './errors.ts'
import type { Fleet } from './health/fleet.ts'
import type { Verdict } from './health/verdict.ts'
import type { Keeper } from './keeper.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { Prober } from './probe/prober.ts'
import type { Suspicion } from './probe/suspicion.ts'
import type { TlsTrust } from './probe/trust.ts'
import { watchServer } from './probe/watch.ts'
import type { VerdictBook } from './verdict-book.ts'

/** What is needed to look after a server. */
export interface Watched {
  readonly config: CareConfig
  readonly keeper: Keeper
  readonly book: VerdictBook
  readonly trust: () => TlsTrust
  readonly metrics: Metrics
  readonly fleet: Pick<Fleet, 'states'>
  readonly log: Log
  /** Gives up a connection when what was sent on it is not acknowledged within this many milliseconds; may throw. */
  readonly limitSilence: (fd: number, ms: number) => void
}

/** Probes one server and watches the connection to it until the signal aborts. */
export async function guardServer(server: Endpoint, parts: Watched, stop: AbortSignal): Promise<void> {
  const { config, keeper, book, fleet } = parts
  const prober = proberOf(server, parts)
  book.watchSentinel(server.text, () => prober.sentinel)
  const watched = {
    prober,
    intervalMs: config.intervalMs,
    onVerdict: (verdict: Verdict) => keeper.judge(server.text, verdict),
    onSuspicion: (suspicion: Suspicion) => keeper.suspect(server.text, suspicion),
    onCleared: () => keeper.clear(server.text),
    isDown: () => fleet.states().get(server.text) === 'down',
  }
  try {
    await watchServer(watched, stop)
  } finally {
    await prober.close()
  }
}

function proberOf({ text }: Endpoint, parts: Watched): Prober {
  const { config, book, trust, metrics, log, limitSilence } = parts
  return new Prober({
    origin: `${config.health.scheme}://${text}`,
    health: config.health,
    trust,
    sentinel: config.failover.sentinel,
    tune: (fd, ms) => {
      try {
        limitSilence(fd, ms)
      } catch (error) {
        // The connection goes on, only its silence is noticed later.
        log.debug({ server: text, error: messageOf(error) }, 'silence of a connection is not limited')
      }
    },
    onHandshake: () => metrics.failover.observeHandshake(text),
    onCertificate: (certificate) => book.showCertificate(text, certificate),
  })
}
