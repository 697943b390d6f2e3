import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { ROOT } from './support/documents.ts'

const SCRIPTS = [
  'scripts/image.sh',
  'scripts/setup.sh',
  'scripts/single-file.sh',
  'test/bench.sh',
  'test/demo.sh',
  'test/fuzz.sh',
  'test/run.sh',
  'test/soak.sh',
]

describe('a script that takes no arguments', () => {
  it.each(SCRIPTS)('%s says so instead of starting', (script) => {
    const { status, stdout, stderr } = spawnSync('bash', [script, '--frob'], { cwd: ROOT, encoding: 'utf8' })
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('--frob: takes no arguments')
  })

  it.each([
    ['test/fuzz.sh', 'LVSCARE_FUZZ_SECONDS', '1m'],
    ['test/soak.sh', 'LVSCARE_SOAK_MINUTES', '0'],
  ])('%s names a value of %s that it cannot use', (script, name, value) => {
    const env = { ...process.env, [name]: value }
    const { status, stderr } = spawnSync('bash', [script], { cwd: ROOT, encoding: 'utf8', env })
    expect(status).toBe(2)
    expect(stderr).toContain(`${name}=${value}: must be a whole number`)
  })
})
