import { describe, expect, it } from 'vitest'
import { CARE_FLAGS, type CareConfig, ExitCode, main, VERSION } from '../src/index.ts'

const CARE = ['care', '--vs', '10.103.97.2:6443', '--rs', '192.0.2.1:6443']

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly configs: CareConfig[]
}

async function run(argv: readonly string[], care = async (): Promise<void> => undefined): Promise<Run> {
  const seen = { out: '', err: '', configs: [] as CareConfig[] }
  const code = await main(argv, {
    stdout: (text) => {
      seen.out += text
    },
    stderr: (text) => {
      seen.err += text
    },
    environment: {},
    care: (config) => {
      seen.configs.push(config)
      return care()
    },
    status: async (options) => {
      seen.out += JSON.stringify(options)
    },
    doctor: async (flags) => (flags.isGiven('vs') ? ExitCode.ERROR : ExitCode.OK),
  })
  return { code, ...seen }
}

describe('main', () => {
  it('runs care and returns 0, saying nothing itself', async () => {
    const { code, out, err, configs } = await run(CARE)
    expect([code, out, err]).toEqual([ExitCode.OK, '', ''])
    expect(configs.map(({ virtual }) => virtual.text)).toEqual(['10.103.97.2:6443'])
  })

  it('returns 1 and one line when care rejects', async () => {
    const { code, out, err } = await run(CARE, async () => {
      throw new Error('no IPVS:\n  modprobe failed')
    })
    expect([code, out, err]).toEqual([ExitCode.FAILED, '', 'lvscare: no IPVS: modprobe failed\n'])
  })

  it.each([
    [
      '--rs 192.0.2.2:1 --rs 192.0.2.3:1',
      { servers: [{ text: '192.0.2.1:6443' }, { text: '192.0.2.2:1' }, { text: '192.0.2.3:1' }] },
    ],
    ['--rs=192.0.2.2:1,192.0.2.3:1', { servers: [{ port: 6443 }, { port: 1 }, { address: '192.0.2.3' }] }],
    ['--health-schem http', { health: { scheme: 'http' } }],
    ['--health-scheme=http', { health: { scheme: 'http' } }],
    ['-C', { clean: true }],
    ['--clean', { clean: true }],
    ['--run-once=true', { runOnce: true }],
    ['--run-once=false', { runOnce: false }],
    ['--run-once', { runOnce: true }],
    ['--run-once=false --run-once', { runOnce: true }],
    ['--clean --clean=false', { clean: false }],
    ['--health-insecure-skip-verify=false', { health: { insecure: false } }],
    ['--health-path livez', { health: { path: '/livez' } }],
    ['--interval 0.5', { intervalMs: 500 }],
    ['--interval 1 --interval 2', { intervalMs: 2000 }],
    ['-C=1', { clean: true }],
    ['-i lvs0', { iface: 'lvs0' }],
    ['-i=lvs0', { iface: 'lvs0' }],
    ['--logger DEBG --masqueradebit 3', { logLevel: 'debug' }],
  ])('reads %s', async (text, expected) => {
    const { code, err, configs } = await run([...CARE, ...text.split(' ')])
    expect([code, err]).toEqual([0, ''])
    expect(configs[0]).toMatchObject(expected)
  })

  it.each([
    [
      '',
      'lvscare: a command is missing; use "lvscare care", "lvscare status", "lvscare doctor" or "lvscare version", see lvscare --help',
    ],
    [
      'watch',
      'lvscare: "watch": is not a command; use "lvscare care", "lvscare status", "lvscare doctor" or "lvscare version", see lvscare --help',
    ],
    ['care', 'lvscare: --vs is missing: give the virtual server as IP:PORT'],
    ['care --vs', 'lvscare: --vs: needs a value'],
    [[...CARE, '--interval'].join(' '), 'lvscare: --interval: needs a value'],
    [[...CARE, '--interval='].join(' '), 'lvscare: --interval "": needs a value'],
    [[...CARE, '--interval=-5'].join(' '), 'lvscare: --interval "-5": must be at least 1ms'],
    [[...CARE, '--run-once=maybe'].join(' '), 'lvscare: --run-once "maybe": must be true or false'],
    [[...CARE, '-C=2'].join(' '), 'lvscare: --C "2": must be true or false'],
    [
      'status --vs here',
      'lvscare: --vs "here": the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443',
    ],
    [
      [...CARE, '--health-req-header', 'Authorization=s3cret'].join(' '),
      'lvscare: --health-req-header: is not a flag of "lvscare care"; see lvscare care --help',
    ],
    [
      [...CARE, '--health-req-headers', 'X=1', 'Authorization=s3cret'].join(' '),
      'lvscare: "Authorization=...": "lvscare care" takes flags only; see lvscare care --help',
    ],
    ['status --rs a', 'lvscare: --rs "a": is not a flag of "lvscare status"; see lvscare status --help'],
    [
      [...CARE, '--no-clean'].join(' '),
      'lvscare: --no-clean: is not a flag of "lvscare care"; see lvscare care --help',
    ],
    [
      [...CARE, '--intervall', '5'].join(' '),
      'lvscare: --intervall "5": is not a flag of "lvscare care"; see lvscare care --help',
    ],
    [[...CARE, '-x'].join(' '), 'lvscare: -x: is not a flag of "lvscare care"; see lvscare care --help'],
    [[...CARE, 'now'].join(' '), 'lvscare: "now": "lvscare care" takes flags only; see lvscare care --help'],
    [
      [...CARE, '--run-once', 'maybe'].join(' '),
      'lvscare: "maybe": "lvscare care" takes flags only; see lvscare care --help',
    ],
    ['version now', 'lvscare: "now": "lvscare version" takes flags only; see lvscare version --help'],
    ['version --shrot', 'lvscare: --shrot: is not a flag of "lvscare version"; see lvscare version --help'],
    ['version --short=maybe', 'lvscare: --short "maybe": must be true or false'],
  ])('answers "lvscare %s" with exit code 2 and one line', async (text, line) => {
    const { code, out, err, configs } = await run(text === '' ? [] : text.split(' '))
    expect(err).toBe(`${line}\n`)
    expect([code, out, configs]).toEqual([ExitCode.USAGE, '', []])
  })

  it('never takes a value for a number', async () => {
    const { err } = await run(['care', '--vs', '0x10', '--rs', '1'])
    expect(err).toContain('--vs "0x10"')
  })

  it.each([['--help'], ['-h'], ['help'], ['help care'], ['care -h'], ['care --help'], ['version --help']])(
    'prints the help for %s',
    async (text) => {
      const { code, out, err, configs } = await run(text.split(' '))
      expect([code, err, configs]).toEqual([0, '', []])
      expect(out).toContain('lvscare')
      expect(out.endsWith('\n')).toBe(true)
    },
  )

  it('lists every flag in the help of care', async () => {
    const { out } = await run(['care', '--help'])
    for (const { name, aliases = [], describe: text } of CARE_FLAGS) {
      const line = out.split('\n').find((one) => new RegExp(`^ +(?:-\\S+, )*--${name}[ ,]`).test(one))
      expect(line).toContain(text)
      for (const alias of aliases) expect(line).toContain(alias)
    }
  })

  it('prints the version as JSON', async () => {
    const { code, out } = await run(['version'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      version: VERSION,
      node: process.version,
      platform: `${process.platform}/${process.arch}`,
    })
    expect(out).toMatch(/^[^\n]+\n$/)
  })

  it('prints only the number with --short', async () => {
    expect((await run(['version', '--short'])).out).toBe(`${VERSION}\n`)
    expect((await run(['version', '--short=false'])).out).toContain('{')
  })
})
