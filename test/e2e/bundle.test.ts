import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { helpText } from '../../packages/lvscare/src/help.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bundle = `${root}/packages/lvscare/dist/lvscare.cjs`

function lvscare(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], { encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

describe('the bundle', () => {
  beforeAll(() => {
    const { status, stderr } = spawnSync(process.execPath, [`${root}/scripts/build.mjs`], {
      encoding: 'utf8',
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  }, 60_000)

  it('knows its version', () => {
    const { version } = JSON.parse(readFileSync(`${root}/packages/lvscare/package.json`, 'utf8'))
    expect(lvscare('version', '--short')).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(JSON.parse(lvscare('version').out)).toMatchObject({ version, node: process.version })
  })

  it('prints the help, which it carries packed', async () => {
    expect(lvscare('care', '--help')).toEqual({ code: 0, out: await helpText('care'), err: '' })
    expect(lvscare('--help')).toEqual({ code: 0, out: await helpText(), err: '' })
  })

  it('answers wrong usage with one line and exit code 2', () => {
    const { code, out, err } = lvscare('care', '--vs', '10.103.97.2', '--rs', '192.0.2.1:6443')
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^lvscare: --vs "10\.103\.97\.2": [^\n]*\n$/)
  })

  it('names an FFI binding that nobody knows, exit code 1', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [bundle, 'care', '--vs', '10.103.97.2:6443', '--rs', '192.0.2.1:6443'],
      { encoding: 'utf8', env: { ...process.env, LVSCARE_FFI: 'dlopen' } },
    )
    expect(status).toBe(1)
    expect(stderr).toBe('lvscare: LVSCARE_FFI="dlopen" is not a known binding: use one of koffi, ffi-napi\n')
  })
})
