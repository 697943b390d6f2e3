import { CARE_FLAGS, type Endpoint, type StatusReport } from 'lvscare'
import type { InstallerConfig } from '../../config/config.ts'
import { GUARD_FLAGS } from '../../config/guard-flags.ts'

/** True while a guard runs, also one that does not make itself understood: the rule is its own then. */
export function hasGuard(report: StatusReport | undefined): boolean {
  return report !== undefined && (report.guard !== null || report.guardError !== null)
}

/** The servers that are members of the rule, in their order. */
export function membersOf(report: StatusReport | undefined): readonly string[] {
  return (report?.servers ?? []).filter(({ weight }) => weight !== null).map(({ server }) => server)
}

/** A rule in one line: its scheduler and its members. */
export function ruleText(report: StatusReport | undefined): string | undefined {
  if (report === undefined) return undefined
  return [report.scheduler ?? 'no rule', ...membersOf(report)].join(' ')
}

/** The rule that a configuration asks for, in the same line. */
export function wantedRuleText({ servers, guard }: InstallerConfig): string {
  return [guard.care?.scheduler ?? 'rr', ...servers.map(({ text }) => text)].join(' ')
}

/** Members that nobody configured. */
export function strangersOf(
  report: StatusReport | undefined,
  servers: readonly Endpoint[],
): readonly string[] {
  const wanted = new Set(servers.map(({ text }) => text))
  return membersOf(report).filter((server) => !wanted.has(server))
}

/** Configured servers that are no members. */
export function absentOf(report: StatusReport | undefined, servers: readonly Endpoint[]): readonly string[] {
  const members = new Set(membersOf(report))
  return servers.map(({ text }) => text).filter((text) => !members.has(text))
}

/** True when the kernel has exactly the rule that is wanted; weights are the guard's. */
export function isExact(report: StatusReport | undefined, config: InstallerConfig): boolean {
  const { servers, guard } = config
  return (
    report?.scheduler === (guard.care?.scheduler ?? 'rr') &&
    strangersOf(report, servers).length === 0 &&
    absentOf(report, servers).length === 0
  )
}

/**
 * What of a running guard is not yet as it is configured, in words; `undefined`: nothing.
 *
 * A server that is down is no member of its rule; one that leaves still is, until its connections have been ended.
 */
export function guardDiffers(report: StatusReport | undefined, config: InstallerConfig): string | undefined {
  if (report?.guardError != null) return `the guard is not understood: ${report.guardError}`
  if (report?.guard == null) return 'no guard runs'
  const guarded = report.servers.filter(({ configured }) => configured === true).map(({ server }) => server)
  const wanted = config.servers.map(({ text }) => text)
  if (!sameSet(guarded, wanted))
    return `the guard (pid ${report.guard.pid}) guards ${guarded.join(', ')}, not ${wanted.join(', ')}`
  const flags = differingFlags(report.guard.flags, config)
  if (flags.length > 0)
    return `the guard (pid ${report.guard.pid}) runs with other flags: ${flags.map((name) => `--${name}`).join(', ')}`
  const strangers = strangersOf(report, config.servers)
  return strangers.length === 0 ? undefined : `${strangers.join(', ')} still in the rule`
}

/** Told in other ways, or not by a flag: the pod has its address in a variable. */
const NOT_COMPARED: ReadonlySet<string> = new Set(
  CARE_FLAGS.filter((flag) => !GUARD_FLAGS.includes(flag)).map(({ name }) => name),
)

function differingFlags(
  told: Readonly<Record<string, readonly string[]>>,
  { guard }: InstallerConfig,
): readonly string[] {
  const wanted = guard.care?.flags ?? new Map<string, readonly string[]>()
  const names = new Set([...Object.keys(told), ...wanted.keys()])
  const textOf = (values: readonly string[] | undefined): string => (values ?? []).join(',')
  return [...names].filter(
    (name) => !NOT_COMPARED.has(name) && textOf(told[name]) !== textOf(wanted.get(name)),
  )
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one))
}
