import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { careConfig, ExitCode, FlagValues } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { unitText } from '../../packages/installer/src/node/unit.ts'
import { configOf } from '../../packages/installer/test/pod/configs.ts'
import { CARE_FLAGS } from '../../packages/lvscare/src/flags.ts'

const folder = fileURLToPath(new URL('../../deploy/systemd', import.meta.url))
const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
const GUARD = 'lvscare.service'
const RULE = 'lvscare-rule.service'
const DROP_INS = readdirSync(join(folder, 'drop-ins'))

/** Why units cannot be looked at here: a reason to skip on a developer's machine, and a broken set-up in CI. */
function noSystemd(): string | undefined {
  if (spawnSync('systemd-analyze', ['--version']).status === 0) return undefined
  const reason = 'no systemd-analyze: install systemd to try the units'
  if (process.env['CI']) throw new Error(reason)
  console.warn(`scores and correctness of the units SKIPPED: ${reason}`)
  return reason
}

/** What is set, without comments and sections. */
const settings = (unit: string): string[] => unit.split('\n').filter((line) => /^\w+=/.test(line))

/** Runs `work` with a folder in which the units are as on a host, with one of the drop-ins or none. */
function installed<T>(dropIn: string | undefined, work: (folder: string) => T): T {
  const host = mkdtempSync(join(tmpdir(), 'lvscare-units-'))
  try {
    for (const unit of [GUARD, RULE]) {
      // A program that is there: verify looks for it.
      writeFileSync(join(host, unit), text(unit).replaceAll('/usr/local/bin/lvscare', '/bin/true'))
    }
    const folderOfDropIns = join(host, `${GUARD}.d`)
    mkdirSync(folderOfDropIns)
    if (dropIn !== undefined) copyFileSync(join(folder, 'drop-ins', dropIn), join(folderOfDropIns, dropIn))
    return work(host)
  } finally {
    rmSync(host, { recursive: true })
  }
}

/** What the comment at the top of a file says, as systemd-analyze takes it: 17 for 1.7. */
function statedScore(file: string): number {
  const score = /systemd-analyze security --offline=true: (\d+\.\d)/.exec(text(file))?.[1]
  if (score === undefined) throw new Error(`${file} states no score`)
  return Math.round(Number(score) * 10)
}

function isWithin(threshold: number, unit: string, dropIn?: string): boolean {
  return installed(dropIn, (host) => {
    const args = ['security', '--offline=true', `--threshold=${threshold}`, join(host, unit)]
    return spawnSync('systemd-analyze', args).status === 0
  })
}

describe.skipIf(noSystemd() !== undefined)('the units of deploy/systemd', () => {
  it.each<[string, string, string | undefined]>([
    [GUARD, GUARD, undefined],
    [RULE, RULE, undefined],
    ['drop-ins/all-namespaces.conf', GUARD, 'all-namespaces.conf'],
  ])('%s is exposed as much as it says, and no more', (file, unit, dropIn) => {
    expect(isWithin(statedScore(file), unit, dropIn)).toBe(true)
    expect(isWithin(statedScore(file) - 1, unit, dropIn)).toBe(false)
  })

  it.each([undefined, ...DROP_INS])(
    'has nothing in it that systemd does not know, with the drop-in %s',
    (dropIn) => {
      installed(dropIn, (host) => {
        const { stdout, stderr } = spawnSync(
          'systemd-analyze',
          ['verify', '--man=no', join(host, GUARD), join(host, RULE)],
          {
            encoding: 'utf8',
          },
        )
        // Of other units of the machine it may complain.
        expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('lvscare'))).toEqual([])
      })
    },
  )
})

describe('what deploy/systemd says', () => {
  it('is no less than the unit that the installer writes, which gets its flags otherwise', () => {
    const ours = new Set(settings(text(RULE)).map((line) => line.replace(/ modprobe@ip_vs\.service/, '')))
    const replaced = /^(Description|ExecStart|ProtectHome)=/
    const missing = settings(unitText(configOf({ bootUnit: true }))).filter(
      (line) => !replaced.test(line) && !ours.has(line),
    )
    expect(missing).toEqual([])
  })

  it('sandboxes the guard as the rule, except that the guard may see who else runs', () => {
    const sandbox = (unit: string): string[] => settings(unit.slice(unit.indexOf('DynamicUser='))).sort()
    expect(sandbox(text(RULE)).filter((line) => line !== 'ProtectProc=invisible')).toEqual(
      sandbox(text(GUARD)),
    )
  })

  it('starts neither again with a command line that cannot be used', () => {
    for (const unit of [GUARD, RULE])
      expect(text(unit)).toContain(`RestartPreventExitStatus=${ExitCode.USAGE}\n`)
  })

  it('is ordered before kubelet and required by nobody', () => {
    for (const unit of [GUARD, RULE]) {
      expect(text(unit)).toMatch(/^Before=kubelet\.service$/m)
      expect(text(unit)).not.toMatch(/^(Requires|RequiredBy|BindsTo|PartOf)=/m)
    }
  })

  it('names variables that the guard reads, with values that it takes', () => {
    const lines = text('lvscare.env')
      .split('\n')
      .map((line) => /^#(\w+)=(.*)$/.exec(line))
    const given = Object.fromEntries(lines.flatMap((line) => (line === null ? [] : [[line[1], line[2]]])))
    expect(Object.keys(given)).toContain('CARE_RS')
    const known = new Set(CARE_FLAGS.map(({ name }) => `CARE_${name.toUpperCase().replaceAll('-', '_')}`))
    const unknown = Object.keys(given).filter((name) => !known.has(name))
    expect(unknown).toEqual(['LVSCARE_NODE_IP'])
    // A file that is on no machine of ours.
    const { CARE_HEALTH_CA, ...others } = given
    expect(CARE_HEALTH_CA).toBe('/etc/kubernetes/pki/ca.crt')
    expect(careConfig(new FlagValues(new Map(), CARE_FLAGS, others)).servers).toHaveLength(3)
  })

  it('has nothing switched on in the example: the guard says what is missing', () => {
    expect(
      text('lvscare.env')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
    ).toEqual([])
  })
})
