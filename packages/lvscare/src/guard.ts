import type { CareConfig } from './config.ts'
import type { Endpoint } from './endpoint.ts'
import type { Verdict } from './health/verdict.ts'
import { type GuardParts, Keeper } from './keeper.ts'
import { createLog } from './log.ts'
import { Metrics } from './metrics.ts'
import { Prober } from './probe/prober.ts'
import { watchServer } from './probe/watch.ts'
import { serveMetrics } from './server.ts'
import { VERSION } from './version.ts'

/** Probes, judges and keeps the kernel true until the signal aborts; the rules stay. */
export async function guard(parts: GuardParts, stop: AbortSignal): Promise<void> {
  const { config, first } = parts
  const log = createLog(config.logLevel)
  const { virtual, servers, mode, intervalMs } = config
  const texts = servers.map(({ text }) => text)
  log.info({ version: VERSION, virtual: virtual.text, servers: texts, mode, intervalMs }, 'guard started')
  const keeper = new Keeper(parts, log, new Metrics({ version: VERSION, servers: texts }))
  keeper.report(first, 0)
  const endpoint = await serveMetrics(config.metricsAddress, keeper.metrics, () => keeper.alive(), log)
  await Promise.all([keeper.run(stop), ...servers.map((server) => watch(server, config, keeper, stop))])
  await endpoint.close()
  log.info({ signal: String(stop.reason) }, 'guard stopped')
}

async function watch(server: Endpoint, config: CareConfig, keeper: Keeper, stop: AbortSignal): Promise<void> {
  const { scheme, path, insecure, timeoutMs } = config.health
  const prober = new Prober({ origin: `${scheme}://${server.text}`, path, insecure, timeoutMs })
  const onVerdict = (verdict: Verdict): boolean => keeper.judge(server.text, verdict)
  try {
    await watchServer({ prober, intervalMs: config.intervalMs, onVerdict }, stop)
  } finally {
    await prober.close()
  }
}
