import { setTimeout as delay } from 'node:timers/promises'
import type { Pod, Probe } from 'kubernetes-types/core/v1.js'

/** Asks what a container's probes ask, as kubelet does: nothing else before it has started, then both others. */
export async function watchProbes(
  { spec }: Pod,
  over: AbortSignal,
  report: (event: 'ready' | 'unhealthy', detail: string) => void,
): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = spec?.containers[0] ?? {}
  if (startupProbe !== undefined && !(await succeeds(startupProbe, over))) {
    if (!over.aborted) report('unhealthy', 'startup')
    return
  }
  const ready = async (): Promise<void> => {
    if (readinessProbe === undefined) return
    while (!over.aborted && !(await asked(readinessProbe))) await period(readinessProbe, over)
    if (!over.aborted) report('ready', '')
  }
  const live = async (): Promise<void> => {
    if (livenessProbe === undefined) return
    while (await succeeds(livenessProbe, over)) await period(livenessProbe, over)
    if (!over.aborted) report('unhealthy', 'liveness')
  }
  await Promise.all([ready(), live()])
}

/** True when one of as many as `failureThreshold` allows is answered well. */
async function succeeds(probe: Probe, over: AbortSignal): Promise<boolean> {
  for (let left = probe.failureThreshold ?? 3; left > 0; left -= 1) {
    if (over.aborted) return false
    if (await asked(probe)) return true
    if (left > 1) await period(probe, over)
  }
  return false
}

async function asked({ httpGet, timeoutSeconds = 1 }: Probe): Promise<boolean> {
  if (httpGet === undefined) throw new Error('only httpGet is known here')
  const { host = '127.0.0.1', port, path = '/' } = httpGet
  // Emulated processors are up to twenty times slower.
  const signal = AbortSignal.timeout(timeoutSeconds * 5000)
  const name = host.includes(':') ? `[${host}]` : host
  return await fetch(`http://${name}:${port}${path}`, { signal }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.ok
    },
    () => false,
  )
}

async function period({ periodSeconds = 10 }: Probe, over: AbortSignal): Promise<void> {
  await delay(periodSeconds * 1000, undefined, { signal: over }).catch(() => undefined)
}
