import { codeOf, type FlagValues, messageOf } from 'lvscare'
import { parse } from 'yaml'
import type { InstallerConfig } from '../config/config.ts'
import { isPlainObject, type PlainObject } from '../config/fields.ts'
import { GUARD_FLAGS } from '../config/guard-flags.ts'
import { parseConfig } from '../config/parse.ts'
import { ConfigError, InstallerUsageError, type Problem } from '../errors.ts'
import { COMMAND_FLAG, CONFIG_FLAGS, type ConfigFlag } from './config-flags.ts'
import type { InstallerCliHost } from './host.ts'

/** The flags that a configuration is made of. */
const NAMES: readonly string[] = [...CONFIG_FLAGS, ...GUARD_FLAGS].map(({ name }) => name)

/** The configuration of a command line: the file of `--config`, and the flags over it; throws what parseConfig throws. */
export async function configOf(
  flags: FlagValues,
  host: InstallerCliHost,
  more: PlainObject = {},
): Promise<InstallerConfig> {
  try {
    return parseConfig({ ...(await rawOf(flags, host)), ...more })
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(error.problems.map((one) => asFlag(one, flags)))
    throw error
  }
}

/** True when the command line says anything about a configuration; how the guard is run over SSH is none. */
export function saysConfig(flags: FlagValues): boolean {
  return ['config', ...NAMES].some((name) => name !== COMMAND_FLAG.name && flags.isGiven(name))
}

/** Reads a file of the operator; throws {@link InstallerUsageError} that names the flag, or whatever asked for it. */
export async function fileOf(host: InstallerCliHost, label: string, path: string): Promise<string> {
  try {
    return await host.readFile(path)
  } catch (error) {
    throw new InstallerUsageError(`${label} ${JSON.stringify(path)}: cannot be read: ${reasonOf(error)}`)
  }
}

/** The words of a program and its arguments. */
export function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '')
}

/** `node:fs` names the path again; its code says enough. */
function reasonOf(error: unknown): string {
  return codeOf(error) ?? messageOf(error)
}

/** The file and the flags as plain data, not checked yet. */
export async function rawOf(flags: FlagValues, host: InstallerCliHost): Promise<PlainObject> {
  const file = await fromFile(flags, host)
  const entries = await Promise.all(
    CONFIG_FLAGS.filter(({ name }) => flags.isGiven(name)).map(
      async (flag) => [flag.key, await flagValue(flag, flags, host)] as const,
    ),
  )
  const guard = guardOf(flags)
  const both = { ...file, ...Object.fromEntries(entries) }
  if (Object.keys(guard).length === 0) return both
  return { ...both, guard: isPlainObject(file['guard']) ? { ...file['guard'], ...guard } : guard }
}

async function fromFile(flags: FlagValues, host: InstallerCliHost): Promise<PlainObject> {
  const path = flags.text('config')
  if (path === undefined) return {}
  const read = parsed(path, await fileOf(host, '--config', path))
  if (!isPlainObject(read))
    throw new InstallerUsageError(`--config ${JSON.stringify(path)}: must be an object`)
  return read
}

function parsed(path: string, text: string): unknown {
  try {
    return parse(text, { prettyErrors: true }) as unknown
  } catch (error) {
    const [line = ''] = messageOf(error).split(' at line ')
    const at = /at line \d+, column \d+/.exec(messageOf(error))?.[0] ?? ''
    throw new InstallerUsageError(
      `--config ${JSON.stringify(path)}: cannot be parsed: ${`${line} ${at}`.trim()}`,
    )
  }
}

async function flagValue(flag: ConfigFlag, flags: FlagValues, host: InstallerCliHost): Promise<unknown> {
  const { name, type } = flag
  if (type === 'switch') return flags.switch(name)
  if (type === 'list') return flags.list(name)
  const text = flags.anyText(name) ?? ''
  if (name === 'ca') return await fileOf(host, '--ca', text)
  if (name === 'command') return wordsOf(text)
  return name === 'port' && /^\d{1,9}$/.test(text) ? Number(text) : text
}

/** The flags of the guard, as its own definitions shape them. */
function guardOf(flags: FlagValues): PlainObject {
  const given = flags.given()
  const found = GUARD_FLAGS.flatMap(({ name, type }) => {
    const values = given.get(name)
    if (values === undefined) return []
    return [[name, type === 'list' ? flags.list(name) : values.at(-1)] as const]
  })
  return Object.fromEntries(found)
}

/** A problem by the name of the flag that it came from, as the operator wrote it. */
function asFlag(problem: Problem, flags: FlagValues): Problem {
  const [, key = '', rest = ''] = /^(\w+)(.*)$/s.exec(problem.path) ?? []
  const name = key === 'guard' ? rest.replace(/^\./, '').replace(/\[.*$/, '') : nameOf(key)
  if (!NAMES.some((one) => one === name) || !flags.isGiven(name ?? '')) return problem
  return { ...problem, path: `--${name}` }
}

function nameOf(key: string): string | undefined {
  return CONFIG_FLAGS.find((flag) => flag.key === key)?.name
}
