import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT, source } from './support/documents.ts'
import { type Ended, runScript } from './support/script.ts'

const folder = mkdtempSync(join(tmpdir(), 'lvscare-release-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the licences of what we use', () => {
  const check = (packages: object): Ended => {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }))
    return runScript('scripts/licenses.mjs', [], folder)
  }

  it('are allowed, all of them', () => {
    expect(runScript('scripts/licenses.mjs', [], ROOT)).toMatchObject({ code: 0, err: '' })
  })

  it.each([
    [
      'a licence that is not permissive',
      { license: 'GPL-3.0-only' },
      'GPL-3.0-only is not allowed in what we ship',
    ],
    ['one part of an AND', { license: 'MIT AND GPL-2.0' }, 'MIT AND GPL-2.0 is not allowed in what we ship'],
    ['what only tools may have', { license: 'MPL-2.0' }, 'MPL-2.0 is not allowed in what we ship'],
    ['words', { license: 'SEE LICENSE IN X' }, 'SEE LICENSE IN X is not allowed in what we ship'],
    ['none', {}, 'no licence is known'],
    ['a tool without any', { dev: true }, 'no licence is known'],
    [
      'a tool that is not free',
      { dev: true, license: 'UNLICENSED' },
      'UNLICENSED is not allowed for development',
    ],
  ])('%s is refused by name', (_, entry, why) => {
    const packages = { 'node_modules/good': { version: '1.0.0', license: 'MIT OR GPL-2.0' } }
    const { code, err } = check({
      ...packages,
      'packages/a/node_modules/@b/bad': { version: '2.0.0', ...entry },
    })
    expect([code, err]).toEqual([1, `licenses: @b/bad 2.0.0: ${why}\n`])
  })
})

describe('what docs/releasing.md says of what is installed with our packages', () => {
  it('names each in the version of the lock file', () => {
    const { packages } = JSON.parse(source('package-lock.json')) as {
      packages: Record<string, { version?: string; dev?: boolean; link?: boolean }>
    }
    const installed = Object.entries(packages).flatMap(([path, { version, dev, link }]) => {
      const name = path.split('node_modules/')[1]
      return name === undefined || dev || link || name.startsWith('@koromix/') ? [] : [`${name} ${version}`]
    })
    expect(installed.length).toBeGreaterThan(20)
    const section = source('docs/releasing.md').split('### Without an audit')[1] ?? ''
    const words = section.replaceAll(/[,;|]/g, ' ').replaceAll(/\s+/g, ' ')
    expect(installed.filter((one) => !words.includes(` ${one} `))).toEqual([])
  })
})

describe('what a script does not take', () => {
  it.each([
    ['pack', ['--help'], 'pack: "--help" is not a folder'],
    ['pack', [''], 'pack: "" is not a folder'],
    ['pack', ['one', 'two'], 'pack: "one two" is not a folder'],
    ['licenses', ['--help'], 'licenses: "--help": no argument is taken'],
    ['version', ['1.2.3', '1.2.4'], 'version: "1.2.4": only one version is taken'],
  ])('%s %j is refused, and nothing is written', (script, args, why) => {
    const empty = mkdtempSync(join(folder, 'empty-'))
    if (script === 'version')
      for (const file of ['package.json', 'CHANGELOG.md']) copyFileSync(join(ROOT, file), join(empty, file))
    if (script === 'version') mkdirSync(join(empty, 'packages'))
    const before = readdirSync(empty)
    const { code, err } = runScript(`scripts/${script}.mjs`, args, empty)
    expect([code, err]).toEqual([2, expect.stringContaining(why)])
    expect(readdirSync(empty)).toEqual(before)
  })
})

describe('the version', () => {
  const copy = join(folder, 'copy')
  const version = (...args: string[]): Ended => runScript('scripts/version.mjs', args, copy)
  const text = (file: string): string => readFileSync(join(copy, file), 'utf8')
  const FILES = ['package.json', 'package-lock.json', 'CHANGELOG.md', 'README.md']
  const PACKAGES = ['netlink', 'ipvs', 'lvscare', 'installer'].map((name) => `packages/${name}/package.json`)
  const IMAGE = 'packages/installer/test/pod/configs.ts'
  const { version: current } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

  beforeAll(() => {
    for (const file of [...FILES, ...PACKAGES, IMAGE]) {
      mkdirSync(join(copy, file, '..'), { recursive: true })
      copyFileSync(join(ROOT, file), join(copy, file))
    }
    for (const name of ['docs', 'deploy']) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  })

  it('is the same wherever this repository says it, and has its part of the changelog', () => {
    expect(runScript('scripts/version.mjs', [], ROOT)).toEqual({ code: 0, out: `${current}\n`, err: '' })
  })

  it('is set everywhere at once, and back', () => {
    const before = [...FILES, ...PACKAGES, IMAGE].map(text)
    const { code, out } = version('7.8.9-rc.1')
    expect(code).toBe(0)
    expect(out.trim().split('\n')).toEqual(
      expect.arrayContaining([...PACKAGES, 'deploy/static-pod.yaml', IMAGE]),
    )
    expect(text('deploy/static-pod.yaml')).toContain('localhost/lvscare:7.8.9-rc.1\n')
    expect(text(PACKAGES[3] as string)).toContain('"lvscare": "7.8.9-rc.1"')
    expect(version()).toEqual({
      code: 1,
      out: '',
      err: 'version: CHANGELOG.md has neither "## 7.8.9-rc.1" nor "Will be 7.8.9-rc.1" below "## Unreleased"\n',
    })
    version(current)
    expect([...FILES, ...PACKAGES, IMAGE].map(text)).toEqual(before)
  })

  it('that one place says otherwise is told', () => {
    const pod = text('deploy/static-pod.yaml')
    writeFileSync(join(copy, 'deploy/static-pod.yaml'), pod.replace(/lvscare:[\d.]+/, 'lvscare:0.0.1'))
    const { code, err } = version()
    expect([code, err]).toEqual([
      1,
      `version: deploy/static-pod.yaml does not say ${current} as package.json does\n`,
    ])
    writeFileSync(join(copy, 'deploy/static-pod.yaml'), pod)
  })

  it.each(['1.2', 'v1.2.3', '1.2.3.4', '01.2.3', '1.2.3-', ''])(
    '"%s" is none, and changes nothing',
    (bad) => {
      const before = text('package.json')
      expect(version(bad).code).toBe(2)
      expect(text('package.json')).toBe(before)
    },
  )
})
