import { plain } from '../plain.ts'
import { countsOf, type Finding, SEVERITIES, type Severity, worstOf } from './finding.ts'

/** The findings as text for people: what is worst comes first, what is fine in one line each, the sum at the end. */
export function doctorText(findings: readonly Finding[]): string {
  const groups = bySubject(findings).sort((a, b) => rank(worstOf(b.findings)) - rank(worstOf(a.findings)))
  const lines = groups.flatMap(({ subject, findings: those }) => [
    subject,
    ...worstFirst(those).flatMap(linesOf),
    '',
  ])
  return `${[...lines, summary(findings)].map(plain).join('\n')}\n`
}

/** The findings as JSON. */
export function doctorJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ worst: worstOf(findings), counts: countsOf(findings), findings }, null, 2)}\n`
}

interface Group {
  readonly subject: string
  readonly findings: readonly Finding[]
}

function bySubject(findings: readonly Finding[]): Group[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings)
    groups.set(finding.subject, [...(groups.get(finding.subject) ?? []), finding])
  return [...groups].map(([subject, those]) => ({ subject, findings: those }))
}

function worstFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => rank(b.severity) - rank(a.severity))
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}

const INDENT = ' '.repeat(11)

function linesOf({ severity, code, message, meaning, advice, command }: Finding): string[] {
  const head = `  ${severity.padEnd(INDENT.length - 2)}${message}`
  if (severity === 'ok') return [head]
  return [
    `${head}  [${code}]`,
    `${INDENT}means: ${meaning}`,
    ...(advice === undefined ? [] : [`${INDENT}do:    ${advice}`]),
    ...(command === undefined ? [] : [`${INDENT}run:   ${command}`]),
  ]
}

function summary(findings: readonly Finding[]): string {
  const { error, warning, note, ok } = countsOf(findings)
  return `${many(error, 'error')}, ${many(warning, 'warning')}, ${many(note, 'note')}, ${ok} ok`
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
