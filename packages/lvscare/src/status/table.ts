import { plain } from '../plain.ts'
import { ago, columns } from './columns.ts'
import type { GuardReport, ServerReport, StatusReport, WhyReport } from './shape.ts'

const HEAD = ['SERVER', 'STATE', 'WHY', 'SINCE', 'WEIGHT', 'ACTIVE', 'INACTIVE', 'TOTAL', 'LAST PROBE']

/** Columns of numbers. */
const RIGHT: ReadonlySet<number> = new Set([4, 5, 6, 7])

/** A certificate that ends sooner than this is worth a line, in days. */
const CERTIFICATE_DAYS = 30

/** What there is to say of some virtual servers, for people: a few lines and a table for each. Ends with a newline. */
export function statusText(reports: readonly StatusReport[]): string {
  return reports.map((report) => `${statusLines(report).join('\n')}\n`).join('\n')
}

function statusLines(report: StatusReport): string[] {
  const table = columns([HEAD, ...report.servers.map(rowOf)], RIGHT)
  return [...headLines(report).map(plain), '', ...table, ...report.servers.flatMap(remarks).map(plain)]
}

function headLines(report: StatusReport): string[] {
  const { virtual, scheduler, mode, allDown, path, kernelError } = report
  const facts = [
    scheduler === null ? 'no such virtual service in the kernel' : `scheduler ${scheduler}`,
    ...(mode === null ? [] : [`mode ${mode}`]),
  ]
  return [
    `${virtual}: ${facts.join(', ')}`,
    guardLine(report),
    ...path.filter(({ ok }) => !ok).map(({ piece, error }) => `NOT OK: ${piece}: ${error ?? 'not yet true'}`),
    ...(allDown === true ? ['NO SERVER IS HEALTHY: look at the network of this node first'] : []),
    ...(kernelError === null ? [] : [`the kernel cannot be read: ${kernelError}`]),
  ]
}

function guardLine({ guard, guardError }: StatusReport): string {
  if (guard !== null) return `guard ${guard.version}, ${guardFacts(guard).join(', ')}`
  return guardError === null
    ? 'no guard runs: this is what the kernel has'
    : `THE GUARD DOES NOT ANSWER, this is what the kernel has: ${guardError}`
}

function guardFacts({ pid, uptimeSeconds, active, alive, ready }: GuardReport): string[] {
  return [
    `pid ${pid}`,
    `running for ${ago(uptimeSeconds)}`,
    active ? 'active' : 'standing by',
    alive ? (ready ? 'ready' : 'NOT READY') : 'PASSES HAVE STOPPED',
  ]
}

function rowOf(server: ServerReport): string[] {
  const { why, sinceSeconds, activeConnections, inactiveConnections, connectionsTotal } = server
  return [
    server.server,
    server.state ?? (server.configured === false ? 'foreign' : '-'),
    why === null ? '-' : reasonOf(why),
    sinceSeconds === null ? '-' : ago(sinceSeconds),
    weightOf(server),
    ...[activeConnections, inactiveConnections, connectionsTotal].map((value) => `${value ?? '-'}`),
    lastProbeOf(server),
  ]
}

function weightOf({ weight, wantedWeight, configured }: ServerReport): string {
  const has = `${weight ?? '-'}`
  return configured !== true || weight === wantedWeight ? has : `${has} (wanted ${wantedWeight ?? '-'})`
}

function lastProbeOf({ lastProbe }: ServerReport): string {
  if (lastProbe === null) return '-'
  const { ms, ageSeconds, detail } = lastProbe
  const what = `${reasonOf(lastProbe)} in ${Math.round(ms)} ms, ${ago(ageSeconds)} ago`
  return detail === null ? what : `${what}: ${detail}`
}

function reasonOf({ reason, status }: WhyReport): string {
  return status === null ? reason : `${reason} ${status}`
}

function remarks({ server, certificate }: ServerReport): string[] {
  if (certificate === null || certificate.daysLeft >= CERTIFICATE_DAYS) return []
  const { daysLeft, expires } = certificate
  const day = expires.slice(0, 10)
  return [
    daysLeft < 0
      ? `the certificate of ${server} ended on ${day}`
      : `the certificate of ${server} ends in ${Math.floor(daysLeft)} days, on ${day}`,
  ]
}
