import { type FlagValues, parsePort } from 'lvscare'
import { InstallerUsageError } from '../errors.ts'
import { hostName } from '../host/ssh/options.ts'
import { fileOf, wordsOf } from './config-input.ts'
import type { HostTarget, InstallerCliHost } from './host.ts'

/** The nodes that a command line is about: those of `--host`, else this one. `command` runs the guard there. */
export async function targetsOf(
  flags: FlagValues,
  host: InstallerCliHost,
  command: readonly string[] = wordsOf(flags.text('command')),
): Promise<readonly HostTarget[]> {
  const names = flags.isGiven('host') ? flags.list('host') : []
  if (names.length === 0) return [localTarget(flags)]
  if (flags.isGiven('root')) throw new InstallerUsageError('--root: is for this node only, not with --host')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw flags.broken('host', twice, 'is given twice')
  const key = flags.text('identity')
  const privateKey = key === undefined ? undefined : await fileOf(host, '--identity', key)
  const shared = {
    kind: 'ssh',
    password: secretOf(flags, 'password-env', host),
    passphrase: secretOf(flags, 'passphrase-env', host),
    knownHosts: flags.isGiven('known-hosts') ? flags.text('known-hosts') : undefined,
    privateKey,
    command,
  } as const
  return names.map((name) => ({ ...shared, ...addressOf(flags, name) }))
}

/** The value of the variable that a flag names; throws {@link InstallerUsageError} when it is empty. */
export function secretOf(flags: FlagValues, flag: string, host: InstallerCliHost): string | undefined {
  const name = flags.text(flag)
  if (name === undefined) return undefined
  const value = host.environment[name]
  if (value === undefined || value === '')
    throw flags.broken(flag, name, 'there is no such variable, or it is empty')
  return value
}

/** How a node is called before it is reached, as its host calls itself afterwards. */
export function targetName(target: HostTarget): string {
  return target.kind === 'local'
    ? 'this node'
    : hostName({ address: target.address, port: target.port, user: target.user })
}

function localTarget(flags: FlagValues): HostTarget {
  const only = ['identity', 'password-env', 'passphrase-env', 'known-hosts'].find((name) =>
    flags.isGiven(name),
  )
  if (only !== undefined) throw new InstallerUsageError(`--${only}: is for SSH, and needs --host`)
  return { kind: 'local', root: flags.text('root') }
}

/** `USER@ADDRESS:PORT`; an IPv6 address with a port stands in brackets. */
function addressOf(flags: FlagValues, text: string): { user: string; address: string; port: number } {
  const [, user = 'root', rest = ''] = /^(?:([\w.-]+)@)?(.*)$/s.exec(text) ?? []
  const [, address, port] = FORMS.map((form) => form.exec(rest)).find((match) => match !== null) ?? []
  if (address === undefined)
    throw flags.broken('host', text, 'must be USER@ADDRESS:PORT; an IPv6 address stands in brackets')
  try {
    return { user, address, port: port === undefined ? 22 : parsePort(port) }
  } catch (error) {
    if (error instanceof RangeError) throw flags.broken('host', text, error.message)
    throw error
  }
}

/** An IPv6 address alone, one in brackets, and a name or an IPv4 address. */
const FORMS: readonly RegExp[] = [
  /^([\da-f.]*:[\da-f.]*:[\da-f:.]*)$/i,
  /^\[([\da-f:.]+)\](?::(\d+))?$/i,
  /^([\w.-]+)(?::(\d+))?$/,
]
