import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { helpText } from '../../packages/lvscare/src/help.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'packages/lvscare/package.json'), 'utf8'))
const built = join(root, `dist/lvscare-${version}-linux-${process.arch}`)
const RULE = ['--vs', '10.103.97.2:6443', '--rs', '192.0.2.1:6443']

/** Mounts need root, and a machine that lets it. */
const MAY_MOUNT = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
if (!MAY_MOUNT) console.warn('skipped: a host from which nothing can be executed (needs root and mounts)')

function build(out: string): void {
  const env = { ...process.env, LVSCARE_SINGLE_FILE: out }
  const { status, stderr } = spawnSync('bash', ['scripts/single-file.sh'], {
    cwd: root,
    encoding: 'utf8',
    env,
  })
  expect(status, stderr).toBe(0)
}

/** Where no node, no bundle and no koffi is in reach. */
describe('the single file, elsewhere and alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-single-'))
  const file = join(folder, 'lvscare')
  const temporary = join(folder, 'tmp')

  function lvscare(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { status, stdout, stderr } = spawnSync(file, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: '', TMPDIR: temporary, ...env },
    })
    return { code: status, out: stdout, err: stderr }
  }

  beforeAll(() => {
    build(built)
    copyFileSync(built, file)
    mkdirSync(temporary)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('knows its version, and carries the node that built it', () => {
    expect(lvscare(['version', '--short'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(JSON.parse(lvscare(['version']).out)).toMatchObject({ version, node: process.version })
  })

  it('prints the help, which it carries packed', async () => {
    expect(lvscare(['--help'])).toEqual({ code: 0, out: await helpText(), err: '' })
    expect(lvscare(['care', '--help'])).toEqual({ code: 0, out: await helpText('care'), err: '' })
  })

  it('takes no flag for one of node', () => {
    expect(lvscare(['--version'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^lvscare: "--version"/),
    })
    expect(lvscare([])).toMatchObject({ code: 2 })
  })

  it('answers wrong usage with one line and exit code 2', () => {
    const { code, out, err } = lvscare(['care', '--vs', '10.103.97.2', '--rs', '192.0.2.1:6443'])
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^lvscare: --vs "10\.103\.97\.2": [^\n]*\n$/)
  })

  it('calls libc by the koffi that it carries, and leaves no file', () => {
    const { out, err } = lvscare(['doctor', ...RULE, '--json', '--health-timeout', '100ms'])
    expect(err).toBe('')
    expect(out).not.toContain('koffi')
    expect(JSON.parse(out)).toHaveProperty('findings')
    expect(readdirSync(temporary)).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(['lvscare', 'tmp'])
  })

  it('goes on to the next folder when TMPDIR is none, and obeys NODE_OPTIONS as node does', () => {
    const env = { TMPDIR: '/proc', NODE_OPTIONS: '--no-such-option' }
    expect(lvscare(['status'], { TMPDIR: '/proc' }).err).not.toContain('koffi')
    expect(lvscare(['version'], env)).toMatchObject({
      code: 9,
      err: expect.stringContaining('--no-such-option'),
    })
  })

  it.skipIf(!MAY_MOUNT)('says what is missing on a host from which nothing can be executed', () => {
    const mounts = ['/run', '/tmp', '/dev/shm', '/var/tmp'].map(
      (path) => `mount -t tmpfs -o noexec lab ${path}`,
    )
    // It is copied to where it can be executed, before its own folder is hidden.
    const script = [
      'mount -t tmpfs lab /mnt',
      'cp "$0" /mnt/lvscare',
      ...mounts,
      'exec /mnt/lvscare care "$@"',
    ]
    const { status, stderr } = spawnSync(
      'unshare',
      ['--mount', 'sh', '-euc', script.join(' && '), file, ...RULE, '--run-once'],
      { encoding: 'utf8' },
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^lvscare: .*name one in TMPDIR.*\/run: .*\/tmp: .*\/dev\/shm: .*\/var\/tmp: [^\n]*\n$/,
    )
  })

  it('is the same, byte by byte, when it is built again, with the licences of all that is inside', () => {
    const again = join(folder, 'again')
    build(again)
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true)
    const licences = readFileSync(`${again}.licences.txt`, 'utf8')
    expect(licences).toMatch(/^Node\.js v/)
    for (const name of ['koffi', 'undici', 'pino'])
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(MIT\\)$`, 'm'))
    expect(readFileSync(file).includes(licences.slice(0, 1000))).toBe(true)
    for (const one of readdirSync(folder).filter((name) => name.startsWith('again')))
      rmSync(join(folder, one))
  }, 60_000)
})
