import { IpvsError } from '@lvscare/ipvs'
import {
  ALL_DOWN,
  CARE_FLAGS,
  COMMANDS,
  DEFAULT_METRICS_ADDRESS,
  ExitCode,
  LOG_FORMATS,
  LOG_LEVELS,
  LOGGER_LEVELS,
  MODES,
  main,
  SCHEDULERS,
} from 'lvscare'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseArguments } from '../../packages/lvscare/src/arguments.ts'
import { guardReport } from '../../packages/lvscare/src/status/report.ts'
import { statusText } from '../../packages/lvscare/src/status/table.ts'
import { A, guardView, serverView } from '../../packages/lvscare/test/views.ts'
import { page, quoted, table, word } from './support/doc-table.ts'
import { exportedMetrics } from './support/registry.ts'
import { codeClasses, literals, literalsOf, logCalls, variables } from './support/sources.ts'

const CLI = page('cli.md')
const METRICS = page('metrics.md')
const ERRORS = page('errors.md')
const STATUS = page('status.md')
const PACKAGES = ['netlink', 'ipvs', 'lvscare'] as const

/** What the command itself prints. */
async function help(...argv: readonly string[]): Promise<string> {
  let text = ''
  const stdout = (more: string): void => {
    text += more
  }
  const nothing = async (): Promise<void> => undefined
  const commands = { care: nothing, status: nothing, doctor: async () => 1 }
  expect(await main([...argv, '--help'], { stdout, stderr: stdout, environment: {}, ...commands })).toBe(0)
  return text
}

/** The flags of a help text, in its order: names with their dashes, the long one first, and the default. */
function helpFlags(text: string): { names: string[]; default: string }[] {
  const lines = text.split('\n').filter((line) => /^\s+-/.test(line) && !/^\s+--help\s/.test(line))
  return lines.map((line) => {
    const names = (/^\s+([^\s,]+(?:, [^\s,]+)*)/.exec(line)?.[1] ?? '').split(', ')
    return { names: names.sort(), default: /\[default: (.*)\]$/.exec(line)?.[1] ?? '' }
  })
}

function docFlags(first: { text: string; after: string }): { names: string[]; default: string }[] {
  const section = first.text.split(`## ${first.after}\n`)[1]?.split('\n## ')[0] ?? ''
  return table(section, 'Flag').map((row) => ({
    names: [word(row['Flag']), ...quoted(row['Aliases'])].sort(),
    default: word(row['Default']),
  }))
}

/** lvscare's flags of today (requirements, G3), by its own spelling. */
const LVSCARE_FLAGS = [
  'vs',
  'rs',
  'scheduler',
  'mode',
  'iface',
  'ip',
  'masqueradebit',
  'logger',
  'run-once',
  'clean',
  'interval',
  'health-path',
  'health-schem',
  'health-req-method',
  'health-req-body',
  'health-req-headers',
  'health-status',
  'health-insecure-skip-verify',
  'health-timeout',
]

describe('docs/cli.md', () => {
  const section = (command: string): string =>
    CLI.split(`## Flags of \`lvscare ${command}\`\n`)[1]?.split('\n## ')[0] ?? ''

  it.each(COMMANDS.map(({ name }) => [name]))(
    'has the flags of `lvscare %s` with the aliases and defaults of its help',
    async (command) => {
      const documented = docFlags({ text: CLI, after: `Flags of \`lvscare ${command}\`` })
      expect(documented).toEqual(helpFlags(await help(command)))
    },
  )

  it.each(COMMANDS.map(({ name, flags }) => [name, flags] as const))(
    'has every flag of `lvscare %s`, and says of each switch that it is one',
    (command, flags) => {
      const rows = table(section(command), 'Flag')
      expect(rows.map((row) => word(row['Flag']))).toEqual(flags.map(({ name }) => `--${name}`))
      if (rows.every((row) => row['Rule'] === undefined)) return
      const switches = rows
        .filter((row) => row['Rule']?.startsWith('Switch.'))
        .map((row) => word(row['Flag']))
      expect(switches).toEqual(flags.filter(({ type }) => type === 'switch').map(({ name }) => `--${name}`))
    },
  )

  it.each([
    ['--scheduler', SCHEDULERS],
    ['--mode', MODES],
    ['--all-down', ALL_DOWN],
    ['--logger', Object.keys(LOGGER_LEVELS)],
    ['--log-level', LOG_LEVELS],
    ['--log-format', LOG_FORMATS],
  ])('lists the values of %s', (name, values) => {
    const rows = table(section('care'), 'Flag')
    expect(quoted(rows.find((row) => word(row['Flag']) === name)?.['Rule'])).toEqual(values)
  })

  it('compares every flag of lvscare, each of which the parser takes, with its default here', () => {
    const rows = table(CLI, "lvscare's flag")
    expect(rows.map((row) => word(row["lvscare's flag"]))).toEqual(LVSCARE_FLAGS.map((name) => `--${name}`))
    for (const row of rows) {
      const name = word(row["lvscare's flag"])
      const flag = CARE_FLAGS.find((one) => [one.name, ...(one.aliases ?? [])].includes(name.slice(2)))
      const argument = flag?.type === 'switch' ? [name] : [name, '1']
      const { given } = parseArguments(argument, CARE_FLAGS, 'care')
      expect([...given.keys()]).toEqual([flag?.name])
      expect([name, word(row['Default here'])]).toEqual([name, String(flag?.default ?? '')])
    }
  })

  it('has every mode of the way to the virtual IP', () => {
    expect(table(CLI, 'Mode').map((row) => word(row['Mode']))).toEqual(MODES)
  })

  it('has the commands of the help', async () => {
    const commands = [...(await help()).matchAll(/^ {2}lvscare (\S+)/gm)].map(([, name]) => name)
    expect(table(CLI, 'Command').map((row) => word(row['Command']))).toEqual(commands)
  })

  it('has the exit codes', () => {
    const documented = table(CLI, 'Code').map((row) => [word(row['Name']), Number(row['Code'])])
    expect(Object.fromEntries(documented)).toEqual(ExitCode)
  })

  it('has the signals that are listened to', () => {
    const documented = table(CLI, 'Signal').map((row) => word(row['Signal']))
    expect(new Set(documented)).toEqual(literals(/^SIG[A-Z]+$/, 'lvscare'))
  })

  it('has the variables of the environment that are read', () => {
    const documented = table(CLI, 'Variable').map((row) => word(row['Variable']))
    expect(new Set(documented)).toEqual(variables(...PACKAGES))
  })
})

describe('docs/metrics.md', () => {
  const shown: { name: string; type: string; labels: string[] }[] = []
  const values = new Map<string, Set<string>>()

  beforeAll(async () => {
    for (const { name, type, labels } of await exportedMetrics()) {
      shown.push({ name, type, labels: [...labels.keys()].sort() })
      for (const [label, some] of labels)
        for (const value of some) values.set(label, (values.get(label) ?? new Set()).add(value))
    }
  })

  it('has every metric of the registry, with its type and labels', () => {
    const sections = METRICS.split('## Metrics of the kernel')
    const rows = sections.flatMap((section) => table(section, 'Metric'))
    const documented = rows.map((row) => ({
      name: word(row['Metric']),
      type: row['Type'],
      labels: quoted(row['Labels']).sort(),
    }))
    expect(byName(documented)).toEqual(byName(shown))
  })

  it('has every label, and every value of those that have few', () => {
    const rows = table(METRICS, 'Label')
    expect(rows.map((row) => word(row['Label'])).sort()).toEqual([...values.keys()].sort())
    for (const row of rows.filter((one) => one['Values'] !== ''))
      expect(quoted(row['Values']).sort()).toEqual([...(values.get(word(row['Label'])) ?? [])].sort())
    const open = rows.filter((row) => row['Values'] === '').map((row) => word(row['Label']))
    expect(open).toEqual(['server', 'version'])
  })

  it('has the address and the paths', () => {
    expect(METRICS).toContain(`\`${DEFAULT_METRICS_ADDRESS}\``)
    const paths = table(METRICS, 'Path').map((row) => word(row['Path']))
    expect(new Set(paths)).toEqual(new Set([...literals(/^\/(metrics|[a-z]+z)$/, 'lvscare')]))
  })

  it('alerts on metrics that exist', () => {
    const names = new Set(shown.map(({ name }) => name))
    const used = [...METRICS.matchAll(/lvscare_[a-z_]+/g)].map(([name]) => name)
    expect(used.filter((name) => !names.has(name))).toEqual([])
  })
})

describe('docs/status.md', () => {
  const certificate = { expiresMs: 0, subject: '', issuer: '', names: [] }
  const view = guardView({ servers: [serverView(A, { certificate })] })
  const facts = { virtual: A, scheduler: 'rr', mode: 'local', version: '1', pid: 1, flags: new Map() }
  const report = guardReport(view, facts, () => [])

  it('has the fields of the JSON, in their order', () => {
    const [server] = report.servers
    const documented = table(STATUS, 'Object').map((row) => quoted(row['Fields']))
    const objects = [report, report.guard, report.path[0], server]
    const inside = [server?.why, server?.lastProbe, server?.certificate]
    expect(documented.slice(1)).toEqual([...objects, ...inside].map((one) => Object.keys(one ?? {})))
  })

  it('has the columns of the table', () => {
    const documented = table(STATUS, 'Column').map((row) => word(row['Column']))
    expect(statusText([report])).toContain(`\n${documented[0]} `)
    const [head = ''] = /^SERVER.*$/m.exec(statusText([report])) ?? []
    expect(head.split(/ {2,}/)).toEqual(documented)
  })
})

describe('docs/errors.md', () => {
  const rows = table(ERRORS, 'Code')

  it('has every error code of the sources', () => {
    const codes = literals(/^ERR_(NETLINK|IPVS|LVSCARE)_[A-Z_]*[A-Z]$/, ...PACKAGES)
    expect(rows.map((row) => word(row['Code'])).sort()).toEqual([...codes].sort())
  })

  it('names the class of each code', () => {
    const classes = codeClasses(...PACKAGES)
    for (const row of rows) {
      const code = word(row['Code'])
      const name = code.startsWith('ERR_IPVS_') ? IpvsError.name : classes.get(code)
      expect([code, word(row['Class'])]).toEqual([code, name])
    }
  })

  it('mentions no code that is not in its table', () => {
    const known = new Set(rows.map((row) => word(row['Code'])))
    const used = [CLI, METRICS, ERRORS].flatMap((text) =>
      [...text.matchAll(/ERR_[A-Z_]+/g)].map(([code]) => code),
    )
    expect(used.filter((code) => !known.has(code))).toEqual([])
  })

  it('names the codes that end a guard at its start', () => {
    const paragraph = ERRORS.split('\n\n').find((text) => text.startsWith('Four of them'))
    expect(quoted(paragraph).sort()).toEqual([...literalsOf('TERMINAL_CODES', 'lvscare')].sort())
  })

  it('has every log message, with its levels', () => {
    const calls = logCalls('lvscare')
    expect(calls.filter(({ message }) => message === undefined)).toEqual([])
    const levels = new Map<string, Set<string>>()
    for (const { message = '', level } of calls)
      levels.set(message, (levels.get(message) ?? new Set()).add(level))
    const documented = table(ERRORS, 'Message').map(
      (row) => [word(row['Message']), new Set((row['Level'] ?? '').split(/, | or /))] as const,
    )
    expect(byName(documented.map(([name, set]) => ({ name, levels: [...set].sort() })))).toEqual(
      byName([...levels].map(([name, set]) => ({ name, levels: [...set].sort() }))),
    )
  })

  it('has every field that a log call names', () => {
    const fields = new Map(
      table(ERRORS, 'Message').map((row) => [word(row['Message']), quoted(row['Fields'])]),
    )
    for (const { where, message = '', fields: used } of logCalls('lvscare')) {
      const missing = used.filter((field) => !fields.get(message)?.includes(field))
      expect([where, message, missing]).toEqual([where, message, []])
    }
  })

  it('has every reason of a verdict', () => {
    const reasons = table(ERRORS, 'Reason').map((row) => word(row['Reason']))
    const known = [...literalsOf('DeadReason', 'lvscare'), ...literalsOf('reason', 'lvscare')]
    expect(reasons.sort()).toEqual(known.sort())
  })
})

function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1))
}
