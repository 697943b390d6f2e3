import { spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { install, manifest, packAll, run, temporary } from './support/tarballs.ts'

const folder = temporary('clean')
const project = join(folder, 'project')
const bin = join(folder, 'bin')

/** All that there is to call: Node with npm, and what a shell script of npm's needs. No compiler, no python, no git. */
const PROGRAMS = ['node', 'npm', 'npx', 'sh', 'env', 'uname', 'sed', 'dirname', 'basename', 'readlink']
const env = { ...process.env, PATH: bin }
/** Newer npm does not run the install scripts of others unless told to; older ones do, and those are the harder case. */
const SCRIPTS = ['--dangerously-allow-all-scripts', '--foreground-scripts']

/** What a guard takes on a disk, with everything it needs; 13.8 MB when it was measured. */
const MOST_BYTES = 40 << 20

function bytesBelow(path: string): number {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size, 0)
}

function call(program: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const path = join(project, 'node_modules/.bin', program)
  const { status, stdout, stderr, error } = spawnSync(path, args, { cwd: project, env, encoding: 'utf8' })
  if (error !== undefined) throw error
  return { code: status, out: stdout, err: stderr }
}

describe('a machine with nothing but Node', () => {
  const { version } = manifest('.')
  let tarballs: ReturnType<typeof packAll>

  beforeAll(() => {
    mkdirSync(bin)
    for (const name of PROGRAMS)
      symlinkSync(run('sh', ['-c', `command -v ${name}`], folder).trim(), join(bin, name))
    tarballs = packAll(join(folder, 'packed'))
    const { netlink, ipvs, lvscare } = tarballs
    const started = performance.now()
    install(project, [netlink, ipvs, lvscare], SCRIPTS, env)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const megabytes = (bytesBelow(join(project, 'node_modules')) / 1e6).toFixed(1)
    console.info(`lvscare installed: ${megabytes} MB in ${seconds} s`)
  }, 240_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 60_000)

  it('has no compiler', () => {
    for (const name of ['cc', 'gcc', 'g++', 'make', 'python3'])
      expect(spawnSync('sh', ['-c', `command -v ${name}`], { env }).status).not.toBe(0)
  })

  it('has the command', () => {
    expect(call('lvscare', 'version', '--short')).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect(run('npx', ['--no-install', 'lvscare', '--help'], project, env)).toContain('lvscare care')
  })

  // Without rights or IPVS it says so; that the binding does not load would be another message, or none of JSON.
  it('loads koffi and speaks to the kernel', () => {
    const { out } = call('lvscare', 'doctor', '--json', '--vs', '10.103.97.2:6443', '--rs', '192.0.2.1:6443')
    expect(out).not.toContain('ERR_NETLINK_BINDING')
    expect(JSON.parse(out)).toHaveProperty('findings')
    const { err } = call('lvscare', 'status')
    expect(err).not.toMatch(/binding|koffi/)
    const speak = `import { Rtnetlink } from '@lvscare/netlink'
      const rtnl = Rtnetlink.open(); console.log(rtnl.links().some(({ name }) => name === 'lo')); rtnl.close()`
    expect(run('node', ['--input-type=module', '-e', speak], project, env)).toBe('true\n')
  })

  it('takes no more room than it should', () => {
    expect(bytesBelow(join(project, 'node_modules'))).toBeLessThan(MOST_BYTES)
  })

  it('runs no install script but that of koffi, which finds its binary', () => {
    const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
    const withScript = Object.keys(packages).filter((path) => packages[path].hasInstallScript === true)
    expect(withScript).toEqual(['node_modules/koffi'])
    expect(readdirSync(join(project, 'node_modules/koffi'))).not.toContain('build')
  })

  it('gets the installer as well, whose ssh2 does without its native parts', () => {
    expect(install(project, Object.values(tarballs), SCRIPTS, env)).toMatch(/> ssh2@\S+ install/)
    expect(call('lvscare-installer', 'version', '--short')).toEqual({ code: 0, out: `${version}\n`, err: '' })
    const ssh = "import ssh2 from 'ssh2'; console.log(typeof ssh2.Client)"
    expect(run('node', ['--input-type=module', '-e', ssh], project, env)).toBe('function\n')
  }, 240_000)
})
