import { type Endpoint, messageOf, type Verdict, verdictOfStatus, withDeadline } from 'lvscare'
import type { InstallerConfig } from '../config/config.ts'
import { type Contact, contact } from '../host/contact.ts'
import type { NodeHost } from '../host/host.ts'
import { getOver } from '../host/http.ts'

/** What was asked of a server, and by when. */
export interface Question {
  readonly path: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** What a server answered. */
export interface Answer {
  readonly verdict: Verdict
  /** `undefined` over plain HTTP. */
  readonly tls: Contact | undefined
}

/** One attempt gets no more than this, in milliseconds: of several servers the next one may be well. */
const ATTEMPT_MS = 5000

/** Asks an apiserver, or whoever is behind the virtual IP, from the node. Rejects when nothing useful comes back. */
export async function askServer(
  host: NodeHost,
  config: InstallerConfig,
  { address, port, text }: Endpoint,
  { path, timeoutMs, signal }: Question,
): Promise<Answer> {
  const listed = config.guard.care?.health.statuses
  const isPlain = config.guard.care?.health.scheme === 'http'
  return await withDeadline(signal, Math.min(timeoutMs, ATTEMPT_MS), async (within) => {
    const how = { timeoutMs: ATTEMPT_MS, signal: within }
    if (isPlain) {
      const stream = await host.connect(address, port, how)
      const { status } = await getOver(stream, { path, host: text, signal: within })
      return { verdict: verdictOfStatus(status, 0, listed), tls: undefined }
    }
    const ca = config.ca === undefined ? {} : { ca: config.ca }
    const tls = await contact(host, { address, port, path, ...ca, ...how })
    return { verdict: verdictOfStatus(tls.status, 0, listed), tls }
  })
}

/** What each server says to its health check, asked all at once; never rejects but when the signal aborts. */
export async function serversHealth(
  host: NodeHost,
  config: InstallerConfig,
  { timeoutMs, signal }: Omit<Question, 'path'>,
): Promise<readonly ServerHealth[]> {
  const path = config.guard.care?.health.path ?? '/healthz'
  return await Promise.all(
    config.servers.map(async (server) => {
      const what = await wordOf(() => askServer(host, config, server, { path, timeoutMs, signal }))
      signal.throwIfAborted()
      return { server: server.text, ...what }
    }),
  )
}

/** How one server is, as seen from the node. */
export interface ServerHealth {
  readonly server: string
  readonly healthy: boolean
  /** In words. */
  readonly detail: string
}

async function wordOf(asked: () => Promise<Answer>): Promise<Omit<ServerHealth, 'server'>> {
  try {
    const { verdict } = await asked()
    return { healthy: verdict.outcome === 'healthy', detail: verdictText(verdict) }
  } catch (error) {
    return { healthy: false, detail: messageOf(error) }
  }
}

/** A verdict on an answer, for people. */
export function verdictText(verdict: Verdict): string {
  return 'status' in verdict ? `status ${verdict.status}` : verdict.detail
}

/** Every server with what it said, in one line. */
export function healthText(servers: readonly ServerHealth[]): string {
  return servers.map(({ server, detail }) => `${server}: ${detail}`).join('; ')
}
