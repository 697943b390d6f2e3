import type { DestinationEntry } from '@lvscare/ipvs'
import { endpointText } from '../endpoint-text.ts'
import type { Verdict } from '../health/verdict.ts'
import type { CertificateInfo } from '../probe/certificate.ts'
import type { Suspicion } from '../probe/suspicion.ts'
import type { ServerView } from '../view.ts'
import { type Clocks, isoTime, rounded, secondsSince, timeOf } from './clocks.ts'
import type { CertificateReport, ProbeReport, ServerReport, WhyReport } from './shape.ts'

const DAY_MS = 24 * 3_600_000

/** A server that the guard was told to look after; `member` is what the kernel has for it. */
export function guardedServer(
  view: ServerView,
  member: DestinationEntry | undefined,
  clocks: Clocks,
): ServerReport {
  const { server, state, cause, suspicion, sinceMs, failingSinceMs, wantedWeight, certificate } = view
  return {
    server,
    configured: true,
    state,
    why: suspicion === undefined ? causeOf(cause) : suspected(suspicion),
    since: timeOf(sinceMs, clocks),
    sinceSeconds: secondsSince(sinceMs, clocks),
    failingSince: failingSinceMs === undefined ? null : timeOf(failingSinceMs, clocks),
    failingSeconds: failingSinceMs === undefined ? null : secondsSince(failingSinceMs, clocks),
    wantedWeight: wantedWeight ?? null,
    ...memberFields(member),
    lastProbe: lastProbeOf(view, clocks),
    certificate: certificateOf(certificate, clocks),
  }
}

/** A member of the kernel's rule of which no guard knows anything; not configured, when there is a guard. */
export function unguardedServer(member: DestinationEntry, configured: false | null): ServerReport {
  return {
    server: endpointText(member.address, member.port),
    configured,
    state: null,
    why: null,
    since: null,
    sinceSeconds: null,
    failingSince: null,
    failingSeconds: null,
    wantedWeight: null,
    ...memberFields(member),
    lastProbe: null,
    certificate: null,
  }
}

function memberFields(member: DestinationEntry | undefined): Pick<ServerReport, keyof typeof NO_MEMBER> {
  if (member === undefined) return NO_MEMBER
  const { weight, activeConnections, inactiveConnections, stats } = member
  return {
    weight,
    activeConnections,
    inactiveConnections,
    connectionsTotal: Number(stats.connections),
    incomingPacketsTotal: Number(stats.inPackets),
    outgoingPacketsTotal: Number(stats.outPackets),
    incomingBytesTotal: Number(stats.inBytes),
    outgoingBytesTotal: Number(stats.outBytes),
  }
}

const NO_MEMBER = {
  weight: null,
  activeConnections: null,
  inactiveConnections: null,
  connectionsTotal: null,
  incomingPacketsTotal: null,
  outgoingPacketsTotal: null,
  incomingBytesTotal: null,
  outgoingBytesTotal: null,
}

function causeOf(cause: Verdict | undefined): WhyReport | null {
  return cause === undefined ? null : whyOf(cause)
}

function suspected({ reason, detail }: Suspicion): WhyReport {
  return { outcome: 'suspected', reason, status: null, detail }
}

function whyOf(verdict: Verdict): WhyReport {
  const { outcome, reason } = verdict
  return {
    outcome,
    reason,
    status: 'status' in verdict ? verdict.status : null,
    detail: 'detail' in verdict ? verdict.detail : null,
  }
}

function lastProbeOf({ lastVerdict, lastProbeMs }: ServerView, clocks: Clocks): ProbeReport | null {
  if (lastVerdict === undefined || lastProbeMs === undefined) return null
  const time = timeOf(lastProbeMs, clocks)
  const ageSeconds = secondsSince(lastProbeMs, clocks)
  return { ...whyOf(lastVerdict), time, ageSeconds, ms: rounded(lastVerdict.ms) }
}

/** A certificate may have a date that is none: it is as good as not seen. */
function certificateOf(
  certificate: CertificateInfo | undefined,
  { wallMs }: Clocks,
): CertificateReport | null {
  if (certificate === undefined || Number.isNaN(certificate.expiresMs)) return null
  const { expiresMs, subject, issuer, names } = certificate
  const daysLeft = rounded((expiresMs - wallMs) / DAY_MS)
  return { expires: isoTime(expiresMs), daysLeft, subject, issuer, names }
}
