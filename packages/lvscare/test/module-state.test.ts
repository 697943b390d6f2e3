import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { moduleState, modulesFolder } from '../src/module-state.ts'

const folder = mkdtempSync(join(tmpdir(), 'lvscare-modules-'))
const paths = { loaded: join(folder, 'sys'), disk: join(folder, 'disk') }

beforeAll(() => {
  mkdirSync(join(paths.loaded, 'ip_vs_rr'), { recursive: true })
  mkdirSync(paths.disk)
  writeFileSync(join(paths.disk, 'modules.builtin'), 'kernel/net/netfilter/ipvs/ip_vs_lc.ko\n')
  const dependencies = [
    'kernel/net/netfilter/ipvs/ip_vs_wlc.ko.xz: kernel/net/netfilter/ipvs/ip_vs.ko.xz',
    'kernel/net/netfilter/ipvs/ip_vs_lblcr.ko:',
  ]
  writeFileSync(join(paths.disk, 'modules.dep'), dependencies.join('\n'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('moduleState()', () => {
  it.each([
    ['ip_vs_rr', 'loaded'],
    ['ip_vs_lc', 'loaded'],
    ['ip_vs_wlc', 'available'],
    ['ip_vs_lblcr', 'available'],
    ['ip_vs_lblc', 'absent'],
    ['vs_wlc', 'absent'],
  ])('%s is %s', (name, state) => expect(moduleState(name, paths)).toBe(state))

  it('says what it does not see', () => {
    const nowhere = { ...paths, disk: join(folder, 'nowhere') }
    expect(moduleState('ip_vs_rr', nowhere)).toBe('loaded')
    expect(moduleState('ip_vs_wlc', nowhere)).toBe('unseen')
  })

  it('knows the folder of this kernel', () => {
    expect(modulesFolder()).toBe(`/lib/modules/${release()}`)
  })
})
