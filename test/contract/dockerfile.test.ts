import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, source } from './support/documents.ts'

const SCRIPT = source('scripts/image.sh')

/** The instructions of deploy/Dockerfile: name and arguments, without comments, each on one line. */
const instructions = source('deploy/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split(/ (.*)/).slice(0, 2) as [string, string])

/** The arguments of every instruction of that name. */
const all = (name: string): string[] => instructions.filter(([one]) => one === name).map(([, text]) => text)

/** What scripts/image.sh gives to an option of buildah, without quotes. */
function option(name: string): string | undefined {
  return new RegExp(`--${name} (?:'([^']*)'|(\\S+))`)
    .exec(SCRIPT)
    ?.slice(1)
    .find((value) => value !== undefined)
}

/** The folders below the root of the image that a text names. */
const layers = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name)

/** It was never built where this is developed: that it says what the script does is all that can be seen. */
describe('deploy/Dockerfile', () => {
  const run = all('RUN').join(' && ')

  it('runs scripts that are there, and the one that fills the image as scripts/image.sh runs it', () => {
    const scripts = [...run.matchAll(/\bnode (\S+)/g)].map(([, path = '']) => path)
    expect(scripts).toEqual(['scripts/build.mjs', 'scripts/image/fill-root.mjs'])
    for (const path of scripts) {
      expect(existsSync(join(ROOT, path)), path).toBe(true)
      expect(SCRIPT).toContain(`node ${path} `)
    }
  })

  it('installs as scripts/setup.sh does', () => {
    const install = /npm install( --[\w-]+)+/
    expect(install.exec(run)?.[0]).toBe(install.exec(source('scripts/setup.sh'))?.[0])
  })

  it('copies the two layers that the script fills, in the order of scripts/image.sh', () => {
    const target = /fill-root\.mjs (\S+)/.exec(run)?.[1]
    const copied = all('COPY').filter((text) => text.startsWith('--from='))
    expect(copied.map((text) => text.replace(/\/(\w+)\/ \/$/, ''))).toEqual(
      Array(2).fill(`--from=build ${target}`),
    )
    const names = copied.flatMap((text) => layers(text, /\/(\w+)\/ \/$/g))
    expect(names).toEqual(layers(SCRIPT, /\$\(layer \S+ "\$WORK\/root\/(\w+)"\)/g))
    expect(source('scripts/image/fill-root.mjs')).toContain(`of ['${names.join("', '")}']`)
  })

  it('describes the image as scripts/image.sh does', () => {
    expect({
      entrypoint: all('ENTRYPOINT').map((text) => JSON.parse(text) as unknown),
      environment: all('ENV'),
      user: all('USER'),
      workingdir: all('WORKDIR').slice(-1),
      command: all('CMD'),
    }).toEqual({
      entrypoint: [JSON.parse(option('entrypoint') ?? '') as unknown],
      environment: [option('env')],
      user: [option('user')],
      workingdir: [option('workingdir')],
      command: option('cmd') === '' ? [] : [option('cmd')],
    })
  })

  it('starts a program that is put into the image', () => {
    const [program = ''] = JSON.parse(all('ENTRYPOINT')[0] ?? '[]') as string[]
    expect(source('scripts/image/contents.mjs')).toContain(`path: '${program.slice(1)}', link: `)
  })
})
