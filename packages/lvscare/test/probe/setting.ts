import { afterEach } from 'vitest'
import type { HealthConfig } from '../../src/config-health.ts'
import { type ProbeOptions, Prober } from '../../src/probe/prober.ts'
import { loadTrust } from '../../src/probe/trust.ts'
import type { TestServer } from './tls-server.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** Is closed after the test. */
export async function closing<T extends TestServer>(server: Promise<T>): Promise<T> {
  const started = await server
  opened.push(started)
  return started
}

/** What is asked unless a test says otherwise. */
export const HEALTH: HealthConfig = {
  scheme: 'https',
  path: '/healthz',
  readyPath: undefined,
  method: 'GET',
  headers: new Map(),
  body: undefined,
  statuses: new Set(),
  timeoutMs: 5000,
  insecure: true,
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
  rise: 1,
  fall: 1,
  allDown: 'keep',
}

/** A prober that is closed after the test. */
export function proberOf(
  origin: string,
  changes: Partial<HealthConfig> = {},
  options: Partial<ProbeOptions> = {},
): Prober {
  const health = { ...HEALTH, ...changes }
  const prober = new Prober({ origin, health, trust: loadTrust(health), ...options })
  opened.push(prober)
  return prober
}

/** A signal nobody aborts. */
export const NO_STOP: AbortSignal = new AbortController().signal
