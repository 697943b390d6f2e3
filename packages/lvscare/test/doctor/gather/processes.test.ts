import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { flagOf, processesOf } from '../../../src/doctor/checks/processes.ts'
import { saw, unseen } from '../../../src/doctor/facts.ts'
import { gatherProcesses } from '../../../src/doctor/gather/processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'lvscare-proc-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function process(pid: number, cmdline: string | undefined): void {
  mkdirSync(join(folder, String(pid)), { recursive: true })
  if (cmdline !== undefined) writeFileSync(join(folder, String(pid), 'cmdline'), cmdline)
}

describe('gatherProcesses()', () => {
  it('reads command lines, and leaves out threads of the kernel and who has just ended', () => {
    process(1, '/sbin/init\0')
    process(2, '')
    process(3, undefined)
    process(40, 'kube-proxy\0--config=/x y\0')
    process(41, 'nginx: worker process\0')
    mkdirSync(join(folder, 'net'))
    expect(gatherProcesses(folder).sort((a, b) => a.pid - b.pid)).toEqual([
      { pid: 1, argv: ['/sbin/init'] },
      { pid: 40, argv: ['kube-proxy', '--config=/x y'] },
      { pid: 41, argv: ['nginx:', 'worker', 'process'] },
    ])
  })

  it('sees this very process', () => {
    const own = gatherProcesses().find(({ pid }) => pid === globalThis.process.pid)
    expect(own?.argv.length).toBeGreaterThan(0)
  })
})

describe('processesOf()', () => {
  it('finds a program by the last part of the name it was started by', () => {
    const seen = saw([
      { pid: 1, argv: ['/usr/local/bin/kube-proxy', '-v'] },
      { pid: 2, argv: ['vi', 'kube-proxy'] },
    ])
    expect(processesOf(seen, 'kube-proxy').map(({ pid }) => pid)).toEqual([1])
    expect(processesOf(unseen('x'), 'kube-proxy')).toEqual([])
  })
})

describe('flagOf()', () => {
  const argv = ['x', '--a=1', '--b', '2', '--ab=3', '--c']
  it.each([
    ['--a', '1'],
    ['--b', '2'],
    ['--ab', '3'],
    ['--c', undefined],
    ['--d', undefined],
  ])('%s is %s', (name, value) => expect(flagOf({ pid: 1, argv }, name)).toBe(value))
})
