/** How bad a finding is, worst last. `note`: good to know, or something that could not be seen. */
export const SEVERITIES = ['ok', 'note', 'warning', 'error'] as const

/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number]

/** One thing the doctor found, good or bad. */
export interface Finding {
  /** Stable and public, listed in docs/doctor.md: add, never rename. */
  readonly code: string
  readonly severity: Severity
  /** What it is about, such as `route` or `server 192.0.2.11:6443`. */
  readonly subject: string
  /** What was found here and now. */
  readonly message: string
  /** What that means, here and everywhere. */
  readonly meaning: string
  /** What to do, for people. */
  readonly advice?: string
  /** What mends it: a line for a shell of root on this node, unless `advice` says where. */
  readonly command?: string
}

/**
 * What every finding of one code has in common.
 *
 * `{name}` in advice and command stands for what is known only here and now. Such a text must be one literal, for the
 * compiler to see its names.
 */
export interface Kind {
  readonly severity: Severity
  readonly meaning: string
  readonly advice?: string
  readonly command?: string
}

/** Findings by code. */
export type Kinds = Readonly<Record<string, Kind>>

/** The names in braces of a text. */
type HolesOf<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | HolesOf<Rest> : never

type TextOf<Value, Key extends string> = Value extends { readonly [_ in Key]: infer Text } ? Text : never

type NamesOf<Value> = HolesOf<TextOf<Value, 'advice'>> | HolesOf<TextOf<Value, 'command'>>

/** Values for all the names in braces of a kind; no argument where there are none. */
type Values<Value> = [NamesOf<Value>] extends [never]
  ? []
  : [values: Readonly<Record<NamesOf<Value>, string>>]

/** Makes the findings of some kinds. */
export type Report<Known> = <Code extends keyof Known & string>(
  code: Code,
  message: string,
  ...values: Values<Known[Code]>
) => Finding

/** Makes findings about one subject; the compiler sees to it that no `{name}` is left without a value. */
export function reporter<const Known extends Kinds>(kinds: Known, subject: string): Report<Known> {
  const known: Kinds = kinds
  return (code, message, ...[values = {}]) => {
    const { severity, meaning, advice, command } = known[code] ?? unknownCode(code)
    return {
      code,
      severity,
      subject,
      message,
      meaning,
      ...(advice === undefined ? {} : { advice: fill(advice, values) }),
      ...(command === undefined ? {} : { command: fill(command, values) }),
    }
  }
}

/** The worst severity of some findings; `ok` when there are none. */
export function worstOf(findings: readonly Finding[]): Severity {
  const worst = Math.max(0, ...findings.map(({ severity }) => SEVERITIES.indexOf(severity)))
  return SEVERITIES[worst] ?? 'ok'
}

/** How many findings there are of each severity. */
export function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const count = (wanted: Severity): number => findings.filter(({ severity }) => severity === wanted).length
  return { ok: count('ok'), note: count('note'), warning: count('warning'), error: count('error') }
}

/** The exit code of `lvscare doctor` by its worst finding: 1 and 2 mean that the doctor itself failed. */
export const EXIT_CODES: Readonly<Record<Severity, number>> = { ok: 0, note: 0, warning: 3, error: 4 }

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole)
}

function unknownCode(code: string): never {
  throw new TypeError(`no finding has the code ${code}`)
}
