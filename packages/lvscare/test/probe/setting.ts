import { afterEach } from 'vitest'
import { type ProbeOptions, Prober } from '../../src/index.ts'
import type { TestServer } from './tls-server.ts'

const opened: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

/** Is closed after the test. */
export async function closing(server: Promise<TestServer>): Promise<TestServer> {
  const started = await server
  opened.push(started)
  return started
}

/** A prober that is closed after the test. */
export function proberOf(origin: string, options: Partial<ProbeOptions> = {}): Prober {
  const prober = new Prober({ origin, path: '/healthz', insecure: true, timeoutMs: 5000, ...options })
  opened.push(prober)
  return prober
}

/** A signal nobody aborts. */
export const NO_STOP: AbortSignal = new AbortController().signal
