import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { exec, outcome } from '../lab/exec.ts'
import { NODE, TestNetwork } from '../lab/hosts.ts'
import { unloadIpvs } from '../lab/ipvs-module.ts'
import { savedTable } from '../lab/ipvsadm.ts'
import { LVSCARE } from '../lab/programs.ts'

const GOOD = ['--vs', '10.103.97.2:6443', '--rs', '192.0.2.11:6443']
const NOBODY = 65534
const MODPROBE = '/proc/sys/kernel/modprobe'

/** The table and every route, as others see them; link-local ones come by themselves a moment after a link is up. */
function world(): unknown {
  const routes = ['-4', '-6'].flatMap((family) =>
    exec('ip', family, 'route', 'show', 'table', 'all').split('\n'),
  )
  return [savedTable(), routes.filter((route) => !/fe80|ff00/.test(route))]
}

function care(flags: readonly string[], uid?: number): ReturnType<typeof outcome> {
  return outcome([process.execPath, LVSCARE, 'care', ...flags], {
    timeout: 60_000,
    ...(uid === undefined ? {} : { uid }),
  })
}

describe('lvscare care refuses', () => {
  let network: TestNetwork
  before(() => {
    network = TestNetwork.create('a')
    exec('ipvsadm', '-A', '-t', '10.9.9.9:80', '-s', 'rr')
  })
  after(() => {
    network.remove()
    exec('ipvsadm', '-C')
  })

  const cases: ReadonlyArray<readonly [what: string, flags: readonly string[], words: RegExp]> = [
    [
      '--vs without port',
      ['--vs', '10.103.97.2', '--rs', '192.0.2.11:6443'],
      /--vs "10\.103\.97\.2": .*port/,
    ],
    ['port 0', ['--vs', '10.103.97.2:0', '--rs', '192.0.2.11:6443'], /--vs "10\.103\.97\.2:0": .*1 to 65535/],
    ['port 65536', ['--vs', '10.103.97.2:65536', '--rs', '192.0.2.11:6443'], /--vs .*65536.* 1 to 65535/],
    [
      'a host name',
      ['--vs', 'apiserver.cluster.local:6443', '--rs', '192.0.2.11:6443'],
      /--vs .*not an IP address/,
    ],
    [
      'an IPv4 server under an IPv6 service',
      ['--vs', '[fd00::2]:6443', '--rs', '192.0.2.11:6443'],
      /--rs .*IPv4.*IPv6/,
    ],
    ['the same server twice', [...GOOD, '--rs', '192.0.2.11:6443'], /--rs "192\.0\.2\.11:6443": .*twice/],
    ['no server', ['--vs', '10.103.97.2:6443'], /--rs is missing/],
    ['an unknown scheduler', [...GOOD, '--scheduler', 'best'], /--scheduler "best": must be one of rr, /],
    ['an unknown flag', [...GOOD, '--bogus', '1'], /--bogus "1": is not a flag/],
    ['a negative interval', [...GOOD, '--interval', '-1'], /--interval "-1": must be at least/],
  ]
  for (const [what, flags, words] of cases) {
    it(`${what}: one line, exit code 2, nothing changed`, () => {
      const before = world()
      const { code, stdout, stderr } = care(flags)
      assert.equal(code, 2)
      assert.match(stderr, words)
      assert.match(stderr, /^lvscare: [^\n]*\n$/)
      assert.equal(stdout, '')
      assert.deepEqual(world(), before)
    })
  }

  it('a user without privilege: one line that says what to do, exit code 1, nothing changed', () => {
    const before = world()
    const { code, stderr } = care(GOOD, NOBODY)
    assert.equal(code, 1)
    assert.match(stderr, /^lvscare: [^\n]*CAP_NET_ADMIN[^\n]*\n$/)
    assert.deepEqual(world(), before)
  })
})

/** Unloading modules would be felt by the whole machine: only a virtual one may do it. */
const skip = process.env['LVSCARE_SUITE_ON'] === 'host' && 'it unloads modules of the machine it runs on'

describe('lvscare care on a kernel that lacks a module', { skip }, () => {
  let network: TestNetwork
  const modprobe = readFileSync(MODPROBE, 'utf8')
  before(() => {
    network = TestNetwork.create('a')
    // From now on the kernel can load nothing by itself.
    writeFileSync(MODPROBE, '/bin/false\n')
  })
  afterEach(() => exec('modprobe', 'ip_vs'))
  after(() => {
    writeFileSync(MODPROBE, modprobe)
    network.remove()
    exec('ipvsadm', '-C')
  })

  it('names the scheduler that is missing, exit code 1', () => {
    const { code, stderr } = care([...GOOD, '--scheduler', 'ovf', '--ip', NODE.v4])
    assert.equal(code, 1)
    assert.match(stderr, /^lvscare: [^\n]*scheduler ovf[^\n]*ip_vs_[^\n]*\n$/)
    assert.deepEqual(savedTable(), [])
  })

  it('--run-once says the same, and leaves nothing behind', () => {
    const { code, stderr } = care([...GOOD, '--scheduler', 'ovf', '--ip', NODE.v4, '--run-once'])
    assert.equal(code, 1)
    assert.match(stderr, /^lvscare: [^\n]*scheduler ovf[^\n]*\n$/)
    assert.deepEqual(savedTable(), [])
    assert.equal(exec('ip', 'route', 'show', 'table', 'local', '10.103.97.2'), '')
  })

  it('says that IPVS is missing and what to do, exit code 1', async () => {
    await unloadIpvs()
    const { code, stderr } = care(GOOD)
    assert.equal(code, 1)
    assert.match(stderr, /^lvscare: [^\n]*ip_vs[^\n]*\n$/)
    // What is there can be taken back all the same.
    exec('ip', 'route', 'add', 'local', '10.103.97.2', 'dev', 'lo', 'table', 'local', 'proto', '77')
    assert.equal(care(['--vs', '10.103.97.2:6443', '--clean']).code, 0)
    assert.equal(exec('ip', 'route', 'show', 'table', 'local', '10.103.97.2'), '')
  })
})
