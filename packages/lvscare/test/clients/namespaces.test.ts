import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listNamespaces, openNamespace } from '../../src/clients/namespaces.ts'

describe('listNamespaces()', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'namespaces-'))
    make('proc/thread-self/ns/net')
    make('proc/1/ns/net', 'proc/thread-self/ns/net')
    make('netns/pod')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** A file, or another name of one: in a folder a namespace is an inode too. */
  function make(path: string, same?: string): string {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    if (same === undefined) writeFileSync(file, '')
    else linkSync(join(folder, same), file)
    return `net:[${statSync(file).ino}]`
  }

  function list(onSkipped?: (error: unknown) => void) {
    const folders = { proc: join(folder, 'proc'), netns: join(folder, 'netns') }
    return listNamespaces(onSkipped === undefined ? folders : { ...folders, onSkipped })
  }

  it('gives each once, and not our own', async () => {
    const pod = `net:[${statSync(join(folder, 'netns/pod')).ino}]`
    make('proc/12/ns/net', 'netns/pod')
    const other = make('proc/13/ns/net')
    make('proc/14/ns/net', 'proc/13/ns/net')
    // The file that is kept, rather than that of a process, which may end.
    expect(await list()).toEqual([
      { name: pod, path: join(folder, 'netns/pod') },
      { name: other, path: expect.stringContaining('/proc/1') },
    ])
  })

  it('leaves out what has ended, what is no process, and files on another file system', async () => {
    mkdirSync(join(folder, 'proc/15'))
    make('proc/net/ns/net')
    symlinkSync('/proc/version', join(folder, 'netns/stale'))
    const skipped: unknown[] = []
    expect(await list((error) => void skipped.push(error))).toHaveLength(1)
    expect(skipped).toEqual([])
  })

  it('tells of what may not be looked at', async () => {
    writeFileSync(join(folder, 'proc/16'), '')
    const skipped: unknown[] = []
    expect(await list((error) => void skipped.push(error))).toHaveLength(1)
    expect(skipped).toMatchObject([{ code: 'ENOTDIR' }])
  })

  it('does without a folder of kept namespaces', async () => {
    rmSync(join(folder, 'netns'), { recursive: true })
    expect(await list()).toEqual([])
  })

  it('looks at this machine without an error', async () => {
    for (const { name } of await listNamespaces()) expect(name).toMatch(/^net:\[\d+\]$/)
  })
})

describe('openNamespace()', () => {
  const path = '/proc/thread-self/ns/net'

  it('opens what is still the same, and nothing else', async () => {
    const name = `net:[${statSync(path).ino}]`
    const file = await openNamespace({ name, path })
    expect(file?.fd).toBeGreaterThan(0)
    await file?.close()
    expect(await openNamespace({ name: 'net:[1]', path })).toBeUndefined()
    expect(await openNamespace({ name, path: '/proc/4194305/ns/net' })).toBeUndefined()
  })

  it('throws what it may not open', async () => {
    await expect(openNamespace({ name: 'net:[1]', path: '/proc/version/x' })).rejects.toMatchObject({
      code: 'ENOTDIR',
    })
  })
})
