import type { FindingSeverity, InstallerFinding } from './finding.ts'

/** What every finding of one code has in common. */
export interface FindingKind {
  readonly severity: FindingSeverity
  /** Why it matters, as the end of a sentence. */
  readonly why: string
  /** What mends it; `{name}` stands for what is known only here and now. */
  readonly fix: string
}

/** Findings by code. */
export type FindingKinds = Readonly<Record<string, FindingKind>>

/** The names in braces of a text. */
type HolesOf<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | HolesOf<Rest> : never

/** Values for the names in braces of a kind; no argument where there are none. */
type Values<Kind extends FindingKind> = [HolesOf<Kind['fix']>] extends [never]
  ? []
  : [values: Readonly<Record<HolesOf<Kind['fix']>, string>>]

/** Makes the findings of some kinds: `found` is what was found here and now, as the beginning of a sentence. */
export type Report<Kinds extends FindingKinds> = <Code extends keyof Kinds & string>(
  code: Code,
  path: string,
  found: string,
  ...values: Values<Kinds[Code]>
) => InstallerFinding

/** A {@link Report}; the compiler sees to it that no `{name}` is left without a value. */
export function reporter<const Kinds extends FindingKinds>(kinds: Kinds): Report<Kinds> {
  const known: FindingKinds = kinds
  return (code, path, found, ...[values = {}]) => {
    const kind = known[code]
    if (kind === undefined) throw new TypeError(`no finding has the code ${code}`)
    const { severity, why, fix } = kind
    return { code, severity, path, message: `${found}: ${why}`, fix: fill(fix, values) }
  }
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole)
}
