import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { ExitCode } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { ruleCommand, ruleFlags } from '../../src/node/once.ts'
import { unitText, unitWord } from '../../src/node/unit.ts'
import { configOf, guardedConfigs, nastyText } from '../pod/configs.ts'
import { systemdWords } from './systemd-words.ts'

const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0

describe('unitWord', () => {
  it.each([
    ['--rs', '--rs'],
    ['[fd00::1]:6443', '[fd00::1]:6443'],
    ['100%', '100%%'],
    ['$HOME', '$$HOME'],
    ['', '""'],
    ['a b', '"a b"'],
    [';', '";"'],
    ['say "\\"', '"say \\"\\\\\\""'],
    ['a\nb', '"a\\x0ab"'],
    ['ä', '"ä"'],
  ])('writes %j as %s', (word, written) => {
    expect(unitWord(word)).toBe(written)
  })

  it('is what systemd makes the same word of', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(nastyText, fc.string()).filter((word) => !word.includes('\0'))),
        (words) => {
          expect(systemdWords(words.map(unitWord).join(' '))).toEqual(words)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

describe('unitText', () => {
  it('runs the rule once, before kubelet', () => {
    const text = unitText(configOf({ bootUnit: true, command: ['/usr/bin/node', '/opt/lvscare.cjs'] }))
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'Before=kubelet.service',
        'Type=oneshot',
        'TimeoutStartSec=30',
        'CapabilityBoundingSet=CAP_NET_ADMIN',
        `RestartPreventExitStatus=${ExitCode.USAGE}`,
        'ExecStart=/usr/bin/node /opt/lvscare.cjs care --vs 10.103.97.2:6443 --ip 192.168.72.53 ' +
          '--rs 192.168.72.50:6443 --rs 192.168.72.51:6443 --rs 192.168.72.52:6443 --run-once',
      ]),
    )
    expect(text).not.toMatch(/^(Requires|RequiredBy|BindsTo|PartOf)=/m)
    expect(text.startsWith('# Written by lvscare-installer')).toBe(true)
  })

  it('runs the same command whatever is in the configuration, without what may be secret', () => {
    fc.assert(
      fc.property(guardedConfigs, (config) => {
        const line = /^ExecStart=(.*)$/m.exec(unitText(config))?.[1] ?? ''
        expect(systemdWords(line)).toEqual(ruleCommand(config))
        expect(ruleFlags(config).join('\n')).not.toMatch(/health-req-(headers|body)/)
      }),
    )
  })

  it.skipIf(!HAS_SYSTEMD)('has nothing in it that systemd does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvscare-unit-'))
    const file = join(folder, 'lvscare-rule.service')
    const guard = { 'health-req-body': 'x', 'health-path': '/a?%n$HOME"\\' }
    writeFileSync(file, unitText(configOf({ command: ['/bin/true', 'a b', "'"], guard })))
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    // Of other units of the machine it may complain.
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('lvscare-rule'))
    expect(ours).toEqual([])
  })
})
