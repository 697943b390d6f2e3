import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ModulesPiece, runPass, SettingFile, SysctlsPiece, undoAll, wantedSettings } from '../../src/index.ts'

const QUIET = { applied: [], failures: [] }

describe('wantedSettings', () => {
  const names = (masquerade: boolean): string[] => wantedSettings(masquerade).map(({ name }) => name)

  it('asks for connection tracking only with masquerading', () => {
    const always = ['net.ipv4.vs.expire_nodest_conn', 'net.ipv4.vs.expire_quiescent_template']
    expect(names(false)).toEqual(always)
    expect(names(true)).toEqual([...always, 'net.ipv4.vs.conntrack'])
  })
})

describe('SysctlsPiece', () => {
  function memory(value: string | undefined, refuse?: string, optional = true) {
    const seen = { value }
    const write = (text: string): void => {
      if (refuse !== undefined) throw Object.assign(new Error('refused'), { code: refuse })
      seen.value = text
    }
    const setting = { read: () => seen.value, write }
    return { seen, piece: new SysctlsPiece([{ name: 'net.ipv4.vs.x', value: '1', optional, setting }]) }
  }

  it('sets what differs, once, and again when somebody flips it', () => {
    const { seen, piece } = memory('0')
    expect(runPass([piece]).applied).toMatchObject([
      { kind: 'set-sysctl', subject: 'net.ipv4.vs.x=1', found: '0' },
    ])
    expect(runPass([piece])).toEqual(QUIET)
    seen.value = '0'
    expect(runPass([piece]).applied).toHaveLength(1)
    expect(seen.value).toBe('1')
  })

  it('leaves out what this kernel does not have, and takes nothing back', () => {
    expect(runPass([memory(undefined).piece])).toEqual(QUIET)
    expect(undoAll([memory('1').piece])).toEqual(QUIET)
  })

  it('fails for good where the path does not work without', () => {
    for (const [value, code] of [
      ['0', 'EROFS'],
      [undefined, 'ENOENT'],
    ] as const) {
      const { failures } = runPass([memory(value, code, false).piece])
      expect(failures).toMatchObject([{ step: { optional: false }, error: { code: 'ERR_LVSCARE_SETTING' } }])
    }
  })

  it.each(['EROFS', 'EACCES'])('fails without being essential where it may not write (%s)', (code) => {
    const { applied, failures } = runPass([memory('0', code).piece])
    expect(applied).toEqual([])
    expect(failures).toMatchObject([{ step: { optional: true }, error: { code: 'ERR_LVSCARE_SETTING' } }])
    expect(String(failures[0]?.error)).toContain(
      `(${code}): set it on the host with sysctl -w net.ipv4.vs.x=1`,
    )
  })
})

describe('SettingFile', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lvscare-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('reads what is there now, writes, and knows when there is nothing', () => {
    const path = join(folder, 'setting')
    const file = new SettingFile(path)
    expect(file.read()).toBeUndefined()
    writeFileSync(path, '0\n')
    expect(file.read()).toBe('0')
    file.write('1')
    expect(file.read()).toBe('1')
    writeFileSync(path, '17\n')
    expect(file.read()).toBe('17')
    file.close()
    rmSync(path)
    expect(file.read()).toBeUndefined()
    expect(() => file.write('1')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })

  it('does not hide what is wrong with the file', () => {
    expect(() => new SettingFile(folder).read()).toThrow(expect.objectContaining({ code: 'EISDIR' }))
  })
})

describe('ModulesPiece', () => {
  it('has the module loaded when it is gone', () => {
    let loaded = false
    const load = (): void => {
      loaded = true
    }
    const piece = new ModulesPiece({ isLoaded: () => loaded, load })
    expect(runPass([piece]).applied).toMatchObject([{ kind: 'load-module', subject: 'ip_vs' }])
    expect(runPass([piece])).toEqual(QUIET)
    loaded = false
    expect(runPass([piece]).applied).toHaveLength(1)
  })

  it('believes IPVS rather than a folder that never comes', () => {
    const piece = new ModulesPiece({ isLoaded: () => false, load: () => undefined })
    expect(runPass([piece]).applied).toHaveLength(1)
    expect(runPass([piece])).toEqual(QUIET)
  })

  it('says what the kernel says when it cannot', () => {
    const load = (): void => {
      throw new Error('the kernel has no IPVS')
    }
    expect(runPass([new ModulesPiece({ isLoaded: () => false, load })]).failures).toHaveLength(1)
  })
})
