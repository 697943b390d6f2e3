import type { DoctorConfig } from '../../config.ts'
import type { Endpoint } from '../../endpoint.ts'
import type { Verdict } from '../../health/verdict.ts'
import type { CertificateInfo } from '../../probe/certificate.ts'
import { CONFIRM_MS } from '../../probe/confirm.ts'
import type { ProbeOptions, Prober } from '../../probe/prober.ts'
import { loadTrust, type TlsTrust } from '../../probe/trust.ts'
import type { Contact, Seen, ServerFacts, ShownCertificate } from '../facts.ts'
import { attemptLater } from './attempt.ts'
import { handshake } from './handshake.ts'

/** Makes what asks a server. Handed in: it is large, and the program has it elsewhere already. */
export type NewProber = (options: ProbeOptions) => Pick<Prober, 'probe' | 'close'>

/** How the servers are asked. */
export interface Asking {
  readonly newProber: NewProber
  readonly signal: AbortSignal
}

/** Connections through the virtual IP: with `rr` every member is met, and more would only take time. */
const MOST_THROUGH = 10

/** Asks every server directly, as the guard does. */
export async function contactServers(config: DoctorConfig, asking: Asking): Promise<ServerFacts[]> {
  const trust = loadTrust(config.health)
  return await Promise.all(config.servers.map((server) => contactServer(server, config, trust, asking)))
}

/**
 * Makes connections through the virtual IP, the way every client goes.
 *
 * One after the other, so that the scheduler deals them out in turn, until one gets no answer: the others would only
 * wait as long. Any certificate will do: whether the way is open is the question here.
 */
export async function contactVirtual(config: DoctorConfig, asking: Asking): Promise<Contact[]> {
  const trust = loadTrust({ ...config.health, insecure: true })
  const times = Math.min(MOST_THROUGH, Math.max(2, config.servers.length))
  const contacts: Contact[] = []
  while (contacts.length < times) {
    const one = await contactThrough(config, trust, asking)
    contacts.push(one)
    if (one.verdict.outcome === 'dead' && one.verdict.reason === 'timeout') break
  }
  return contacts
}

async function contactServer(
  server: Endpoint,
  config: DoctorConfig,
  trust: () => TlsTrust,
  { newProber, signal }: Asking,
): Promise<ServerFacts> {
  const { health } = config
  const prober = newProber({ origin: `${health.scheme}://${server.text}`, health, trust })
  const shown = health.scheme === 'http' ? undefined : showCertificate(server, config, trust())
  try {
    return { server, verdict: await twice(prober, signal), certificate: await shown }
  } finally {
    await prober.close()
  }
}

/** One chance failure says little: like the guard, the doctor asks who seems dead once more. */
async function twice(prober: Pick<Prober, 'probe'>, signal: AbortSignal): Promise<Verdict> {
  const first = await prober.probe(signal)
  return first.outcome === 'dead' ? await prober.probe(signal, { fresh: true, timeoutMs: CONFIRM_MS }) : first
}

/** In a handshake of its own, which goes on when the probe would not. */
function showCertificate(
  server: Endpoint,
  { virtual, health }: DoctorConfig,
  trust: TlsTrust,
): Promise<Seen<ShownCertificate>> {
  const checkAuthority = health.caFile !== undefined
  const addresses = [virtual.address, server.address]
  return attemptLater(() =>
    handshake(server, { trust, checkAuthority, addresses, timeoutMs: health.timeoutMs }),
  )
}

async function contactThrough(
  { virtual, health }: DoctorConfig,
  trust: () => TlsTrust,
  { newProber, signal }: Asking,
): Promise<Contact> {
  let certificate: CertificateInfo | undefined
  const onCertificate = (info: CertificateInfo): void => {
    certificate = info
  }
  const origin = `${health.scheme}://${virtual.text}`
  const prober = newProber({ origin, health, trust, asClient: true, onCertificate })
  try {
    const verdict = await prober.probe(signal)
    return { verdict, certificate }
  } finally {
    await prober.close()
  }
}
