import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec, outcome } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { NODE, TestNetwork } from '../lab/hosts.ts'
import { unloadIpvs } from '../lab/ipvs-module.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { LVSCARE } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000
const SERVERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']
const FLAGS = ['--vs', VIRTUAL.v4, ...SERVERS.flatMap((server) => ['--rs', server])]
const ALL = Object.fromEntries(SERVERS.map((server) => [server, 1]))

/** What a unit does at boot, before kubelet: nobody has loaded IPVS, and no apiserver answers yet. */
describe('lvscare care --run-once at boot', () => {
  let network: TestNetwork
  before(() => {
    network = TestNetwork.create('a')
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  })
  after(() => {
    network.remove()
  })

  function once(...flags: string[]): ReturnType<typeof outcome> {
    return outcome([process.execPath, LVSCARE, 'care', ...FLAGS, '--run-once', ...flags], { timeout: 60_000 })
  }

  const members = (): object => Object.fromEntries(membersOf(VIRTUAL.v4) ?? [])
  const route = (): string => exec('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)

  it('has IPVS loaded and sets the whole rule, with no server there, and asks none', async () => {
    await unloadIpvs()
    const { code, stderr } = once()
    assert.deepEqual([code, members()], [0, ALL], stderr)
    assert.match(route(), /src 192\.0\.2\.1/)
    assert.deepEqual(exec('ss', '-tanH', 'dport', '=', '6443').trim(), '')
    assert.equal(once().code, 0)
    assert.deepEqual(members(), ALL)
  })

  it('sets what it can before the network is there, says what is missing, and a guard does the rest when it is', async () => {
    exec('ip', 'addr', 'del', `${NODE.v4}/24`, 'dev', 'lvsbr0')
    try {
      const { code, stderr } = once()
      assert.equal(code, 1)
      assert.match(stderr.trim().split('\n').at(-1) ?? '', /^lvscare: .*address/)
      assert.deepEqual(members(), ALL)
      const guard = new GuardProcess([...FLAGS, '--health-timeout', '2s', '--metrics-address', 'off'])
      await guard.logged('guard started', LIMIT_MS)
      exec('ip', 'addr', 'add', `${NODE.v4}/24`, 'dev', 'lvsbr0')
      await waitFor('the route', LIMIT_MS, () => /src 192\.0\.2\.1/.test(route()))
      await guard.logged('no server is healthy, the last good set stays', LIMIT_MS)
      await waitFor('everybody', LIMIT_MS, () => {
        const weights = Object.values(members())
        return weights.length === 3 && weights.every((weight) => weight === 1)
      })
    } finally {
      exec('ip', 'addr', 'replace', `${NODE.v4}/24`, 'dev', 'lvsbr0')
    }
  })
})
