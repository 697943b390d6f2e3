import { describe, expect, it } from 'vitest'
import { mayGuard } from '../src/may-guard.ts'

/** Somebody who is neither root nor the user of the test. */
const uid = 64362
const INITIAL = '         0          0 4294967295\n'

interface Process {
  readonly ids?: readonly number[]
  readonly ambient?: string
  readonly effective?: string
  readonly map?: string
}

/** As proc(5) shows a process 7, to one in the initial user namespace. */
function proc({
  ids = [uid, uid, uid, uid],
  ambient = '0000000000001000',
  effective = '0000000000001000',
  map = INITIAL,
}: Process) {
  const files: Record<string, string> = {
    '/proc/self/uid_map': INITIAL,
    '/proc/7/uid_map': map,
    '/proc/7/status': `Name:\tlvscare\nUid:\t${ids.join('\t')}\nCapEff:\t${effective}\nCapAmb:\t${ambient}\n`,
  }
  return (path: string): string => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' })
    return text
  }
}

describe('mayGuard', () => {
  const nobody = (): never => {
    throw new Error('nothing had to be read')
  }

  it('believes root and its own user without looking', () => {
    expect(mayGuard({ uid: 0, pid: 7 }, nobody)).toBe(true)
    expect(mayGuard({ uid: process.geteuid?.() ?? -1, pid: 7 }, nobody)).toBe(true)
  })

  it('believes another user to whom systemd gave the capability', () => {
    expect(mayGuard({ uid, pid: 7 }, proc({}))).toBe(true)
    expect(mayGuard({ uid, pid: 7 }, proc({ ambient: '0000000000203000' }))).toBe(true)
  })

  it.each<[string, Process]>([
    ['has no capability', { ambient: '0000000000000000', effective: '0000000000000000' }],
    ['has another one', { ambient: '0000000000002000' }],
    ['has it by executing a privileged program', { ambient: '0000000000000000' }],
    ['executed a setuid program', { ids: [uid, 0, 0, 0] }],
    ['is another process by now', { ids: [0, 0, 0, 0] }],
    ['has it in a user namespace of its own', { map: `         0      ${uid}          1\n` }],
  ])('does not believe who %s', (_, process) => {
    expect(mayGuard({ uid, pid: 7 }, proc(process))).toBe(false)
  })

  it('does not believe whom it cannot see', () => {
    expect(mayGuard({ uid, pid: 8 }, proc({}))).toBe(false)
    expect(mayGuard({ uid, pid: 0 }, proc({}))).toBe(false)
    expect(mayGuard({ uid, pid: 7 }, () => 'garbage')).toBe(false)
  })
})
