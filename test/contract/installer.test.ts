import { CARE_FLAGS } from 'lvscare'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../packages/installer/src/cli/commands.ts'
import { ALL_CONFIG_FLAGS, CONFIG_FLAGS } from '../../packages/installer/src/cli/config-flags.ts'
import { InstallerExitCode } from '../../packages/installer/src/cli/host.ts'
import { main } from '../../packages/installer/src/cli/main.ts'
import { GUARD_FLAGS } from '../../packages/installer/src/config/guard-flags.ts'
import { parseConfig, rawConfig } from '../../packages/installer/src/config/parse.ts'
import { FORCEABLE, PLAN_KINDS } from '../../packages/installer/src/plan/findings.ts'
import { STEP_KINDS } from '../../packages/installer/src/plan/step.ts'
import { VERIFY_KINDS } from '../../packages/installer/src/plan/verify.ts'
import { FINDING_SEVERITIES } from '../../packages/installer/src/validate/finding.ts'
import { VALIDATION_KINDS } from '../../packages/installer/src/validate/validate.ts'
import { type DocRow, page, quoted, table, word } from './support/doc-table.ts'
import { codeClasses, literals, nodes } from './support/sources.ts'

const PAGE = page('installer.md')

/** The flags of a command by their names. */
const FLAGS = new Map(COMMANDS.map(({ name, flags }) => [name as string, flags]))

/** Flags of the page's own tables: those of the guard are in docs/cli.md. */
const OWN = [
  ...new Map(COMMANDS.flatMap(({ flags }) => flags).map((flag) => [flag.name, flag])).values(),
].filter((flag) => !GUARD_FLAGS.includes(flag))

function section(title: string): string {
  return PAGE.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
}

function flagRows(title: string): DocRow[] {
  return table(section(title), 'Flag')
}

/** Who takes a flag, by what the page calls them. */
function commandsOf(cell: string | undefined): string[] {
  const all = COMMANDS.map(({ name }) => name as string)
  const having = (flag: string): string[] =>
    all.filter((name) => FLAGS.get(name)?.some((one) => one.name === flag))
  if (cell === 'with a configuration') return having('vip')
  return cell === 'on nodes' ? having('host') : quoted(cell)
}

describe('docs/installer.md', () => {
  it('has the commands of the help', async () => {
    let help = ''
    const host = {
      stdout: (text: string) => {
        help += text
      },
      stderr: () => undefined,
      isTerminal: false,
      environment: {},
      version: '1',
      readFile: async () => '',
      openHost: async () => await Promise.reject(new Error('no node')),
      signal: new AbortController().signal,
    }
    expect(await main(['--help'], host)).toBe(0)
    const commands = [...help.matchAll(/^ {2}lvscare-installer (\S+)/gm)].map(([, name]) => name)
    expect(table(PAGE, 'Command').map((row) => word(row['Command']))).toEqual(commands)
  })

  it('has every flag of a configuration, with its place in the file and its default', () => {
    const documented = flagRows('The configuration').map((row) => ({
      name: word(row['Flag']),
      key: word(row['In the file']),
      default: word(row['Default']),
    }))
    expect(documented).toEqual(
      CONFIG_FLAGS.map(({ name, key, default: value }) => ({
        name: `--${name}`,
        key,
        default: value === undefined ? '' : String(value),
      })),
    )
  })

  it('says what parseConfig takes for granted', () => {
    const raw = new Map(Object.entries(rawConfig(parseConfig({}))))
    const given = new Map(Object.entries(rawConfig(parseConfig({ servers: ['192.0.2.1'] }))))
    for (const { key, default: value } of CONFIG_FLAGS.filter((flag) => flag.default !== undefined)) {
      const taken = raw.get(key) ?? given.get(key)
      if (taken !== undefined) expect([key, [taken].flat().join(' ')]).toEqual([key, String(value)])
    }
  })

  it('names the flags of the guard that are not taken', () => {
    const taken = GUARD_FLAGS.map(({ name }) => name)
    const left = CARE_FLAGS.map(({ name }) => name).filter((name) => !taken.includes(name))
    const paragraph = section('The configuration')
      .split('\n\n')
      .find((text) => text.startsWith('Every flag of'))
    const named = quoted(paragraph?.split('In the file')[0]).filter((text) => text.startsWith('--'))
    expect(named.sort()).toEqual(left.map((name) => `--${name}`).sort())
  })

  it('has every other flag, its default, and exactly the commands that take it', () => {
    const rows = flagRows('Other flags')
    const config = CONFIG_FLAGS.map(({ name }) => name)
    const others = OWN.filter(({ name }) => !config.includes(name))
    expect(rows.map((row) => word(row['Flag'])).sort()).toEqual(others.map(({ name }) => `--${name}`).sort())
    for (const row of rows) {
      const name = word(row['Flag']).slice(2)
      const flag = others.find((one) => one.name === name)
      const takers = COMMANDS.filter(({ flags }) => flags.some((one) => one.name === name))
      expect([name, word(row['Default'])]).toEqual([name, String(flag?.default ?? '')])
      expect([name, commandsOf(row['Commands']).sort()]).toEqual([name, takers.map((one) => one.name).sort()])
    }
  })

  it('gives a flag the same meaning in every command', () => {
    for (const { flags } of COMMANDS) {
      const names = flags.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      for (const flag of flags.filter(({ name }) => name !== 'master'))
        expect(OWN.concat(GUARD_FLAGS).find(({ name }) => name === flag.name)).toEqual(flag)
    }
    expect(ALL_CONFIG_FLAGS.filter(({ name }) => name === 'host' || name === 'json')).toEqual([])
  })

  it('has the exit codes', () => {
    const rows = table(section('Exit codes'), 'Code')
    const documented = rows.map((row) => [word(row['Name']), Number(row['Code'])])
    expect(Object.fromEntries(documented)).toEqual(InstallerExitCode)
  })

  it('has every finding, and the severity of those that always have the same', () => {
    const rows = table(section('Findings'), 'Code')
    const documented = new Map(rows.map((row) => [word(row['Code']), quoted(row['Severity'])]))
    const kinds = { ...VALIDATION_KINDS, ...VERIFY_KINDS, ...PLAN_KINDS }
    const coded = [...Object.keys(kinds), ...literalCodes()]
    expect([...documented.keys()].sort()).toEqual([...new Set(coded)].sort())
    for (const [code, { severity }] of Object.entries(kinds))
      expect([code, documented.get(code)]).toEqual([code, [severity]])
    for (const severities of documented.values())
      for (const severity of severities) expect(FINDING_SEVERITIES).toContain(severity)
  })

  it('marks the findings that force passes over', () => {
    const rows = table(section('Findings'), 'Code')
    const marked = rows.filter((row) => row['Meaning']?.endsWith('`--force` passes over it.'))
    expect(marked.map((row) => word(row['Code'])).sort()).toEqual([...FORCEABLE].sort())
  })

  it('has every error code, with its class', () => {
    const rows = table(section('Errors'), 'Code')
    const codes = literals(/^ERR_INSTALLER_[A-Z_]*[A-Z]$/, 'installer')
    expect(rows.map((row) => word(row['Code'])).sort()).toEqual([...codes].sort())
    const classes = codeClasses('installer')
    for (const row of rows)
      expect([word(row['Code']), word(row['Class'])]).toEqual([
        word(row['Code']),
        classes.get(word(row['Code'])),
      ])
  })

  it('has every kind of step', () => {
    const paragraph = section('For programs')
      .split('\n\n')
      .find((text) => text.startsWith('The `kind` of a step'))
    expect(quoted(paragraph?.replace('`kind`', '')).sort()).toEqual([...STEP_KINDS].sort())
  })
})

/** Codes of findings that stand in no table of kinds. */
function literalCodes(): string[] {
  return [...nodes('installer')].flatMap((node) =>
    ts.isPropertyAssignment(node) && node.name.getText() === 'code' ? codeOf(node.initializer) : [],
  )
}

function codeOf(node: ts.Node): string[] {
  return ts.isStringLiteral(node) && /^[a-z]+(-[a-z]+)+$/.test(node.text) ? [node.text] : []
}
