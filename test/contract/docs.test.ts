import { IpvsError } from '@lvscare/ipvs'
import { CARE_FLAGS, DEFAULT_METRICS_ADDRESS, ExitCode, LOG_LEVELS, MODES, main, SCHEDULERS } from 'lvscare'
import { beforeAll, describe, expect, it } from 'vitest'
import { Metrics } from '../../packages/lvscare/src/metrics.ts'
import { page, quoted, table, word } from './support/doc-table.ts'
import { codeClasses, literals, literalsOf, logCalls, variables } from './support/sources.ts'

const CLI = page('cli.md')
const METRICS = page('metrics.md')
const ERRORS = page('errors.md')
const PACKAGES = ['netlink', 'ipvs', 'lvscare'] as const

/** What the command itself prints. */
async function help(...argv: readonly string[]): Promise<string> {
  let text = ''
  const stdout = (more: string): void => {
    text += more
  }
  expect(await main([...argv, '--help'], { stdout, stderr: stdout, care: async () => undefined })).toBe(0)
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

describe('docs/cli.md', () => {
  it.each([['care'], ['version']])(
    'has the flags of `lvscare %s` with the aliases and defaults of its help',
    async (command) => {
      const documented = docFlags({ text: CLI, after: `Flags of \`lvscare ${command}\`` })
      expect(documented).toEqual(helpFlags(await help(command)))
    },
  )

  it('has every flag of CARE_FLAGS, and says of each switch that it is one', () => {
    const rows = table(CLI.split('## Flags of `lvscare version`')[0] ?? '', 'Flag')
    expect(rows.map((row) => word(row['Flag']))).toEqual(CARE_FLAGS.map(({ name }) => `--${name}`))
    const switches = rows.filter((row) => row['Rule']?.startsWith('Switch.')).map((row) => word(row['Flag']))
    expect(switches).toEqual(
      CARE_FLAGS.filter(({ type }) => type === 'switch').map(({ name }) => `--${name}`),
    )
  })

  it.each([
    ['--scheduler', SCHEDULERS],
    ['--mode', MODES],
    ['--log-level', LOG_LEVELS],
  ])('lists the values of %s', (name, values) => {
    const rows = table(CLI.split('## Flags of `lvscare version`')[0] ?? '', 'Flag')
    expect(quoted(rows.find((row) => word(row['Flag']) === name)?.['Rule'])).toEqual(values)
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
  const { registry } = new Metrics({ version: '1', servers: ['192.0.2.1:1'] })
  const shown: { name: string; type: string; labels: string[] }[] = []
  const values = new Map<string, Set<string>>()

  beforeAll(async () => {
    for (const { name, type, values: series } of await registry.getMetricsAsJSON()) {
      const pairs = series.flatMap(({ labels }) => Object.entries(labels)).filter(([label]) => label !== 'le')
      shown.push({ name, type: String(type), labels: [...new Set(pairs.map(([label]) => label))].sort() })
      for (const [label, value] of pairs)
        values.set(label, (values.get(label) ?? new Set()).add(String(value)))
    }
  })

  it('has every metric of the registry, with its type and labels', () => {
    const documented = table(METRICS, 'Metric').map((row) => ({
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
      (row) => [word(row['Message']), new Set((row['Level'] ?? '').split(' or '))] as const,
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
