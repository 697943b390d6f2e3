import type { FlagValues } from 'lvscare'
import type { InstallerCliHost } from './host.ts'

/** Flags whose value is secret, and flags that name a variable with one. */
const SECRET_FLAGS: readonly string[] = ['token', 'certificate-key']
const SECRET_VARIABLES: readonly string[] = [
  'token-env',
  'certificate-key-env',
  'password-env',
  'passphrase-env',
]

/** A shorter text would be found everywhere, and blacken what has nothing to do with it. */
const MIN_LENGTH = 4

/** Everything secret that a command line gave. */
export function secretsOf(
  given: FlagValues,
  names: readonly string[],
  host: InstallerCliHost,
): readonly string[] {
  const has = (flag: string): boolean => names.includes(flag) && given.isGiven(flag)
  const values = SECRET_FLAGS.filter(has).map((flag) => given.text(flag))
  const variables = SECRET_VARIABLES.filter(has).map((flag) => host.environment[given.text(flag) ?? ''])
  return [...values, ...variables].filter(
    (value) => value !== undefined && value.length >= MIN_LENGTH,
  ) as string[]
}

/** The same host, but secrets are blackened in whatever is printed: programs on a node may repeat them too. */
export function withoutSecrets(host: InstallerCliHost, secrets: readonly string[]): InstallerCliHost {
  const spelled = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
  const blacken = (text: string): string =>
    spelled.reduce((sofar, secret) => sofar.replaceAll(secret, '[secret]'), text)
  return {
    ...host,
    stdout: (text) => host.stdout(blacken(text)),
    stderr: (text) => host.stderr(blacken(text)),
  }
}
