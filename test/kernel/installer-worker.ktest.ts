import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { VIP, VIRTUAL } from '../lab/cluster.ts'
import {
  clusterFlags,
  ended,
  findingCodes,
  installer,
  installerBeside,
  MANIFEST,
  type Run,
} from '../lab/installer.ts'
import { membersOf, savedTable } from '../lab/ipvsadm.ts'
import { ENDPOINT_NAME, KubeCluster } from '../lab/kube-cluster.ts'
import { nodeFiles, nodeState } from '../lab/node-state.ts'
import type { NodeWorld } from '../lab/node-world.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { waitFor } from '../lab/wait.ts'

/** What an installation writes, besides folders. */
const OURS = [
  '/etc/hosts',
  MANIFEST,
  '/etc/modules-load.d/lvscare.conf',
  '/etc/sysctl.d/90-lvscare.conf',
  '/var/lib/lvscare/installer.json',
]

/** Lines that rewriting has lost or merged elsewhere: two with one name, no newline at the end (sealos#296, #427, #533). */
const HOSTS =
  '127.0.0.1 localhost\n::1 localhost\n\n# a remark\t\n192.0.2.9 a.example  b.example # both\r\n10.0.0.1 last'

const LIMIT_MS = 60_000

describe('lvscare-installer on a worker', { skip: ranOn('6.12') }, () => {
  let cluster: KubeCluster
  before(async () => {
    cluster = await KubeCluster.create(['m1', 'm2'], ['w1', 'w2'])
  })
  afterEach(async () => {
    await cluster.removeNodes()
  })
  after(async () => {
    await cluster.remove()
  })

  function install(node: NodeWorld, ...more: string[]): Run {
    return installer(node, ['apply', ...clusterFlags(cluster), '--node-ip', node.host.v4, ...more])
  }

  const plan = (node: NodeWorld): Run =>
    installer(node, ['plan', '--exit-code', ...clusterFlags(cluster), '--node-ip', node.host.v4])
  const findings = (node: NodeWorld): string[] => findingCodes(installer(node, ['verify', '--json']))
  const rule = (node: NodeWorld): object => Object.fromEntries(membersOf(VIRTUAL.v4, node.run) ?? [])
  const wanted = (): object => Object.fromEntries(cluster.endpoints().map((endpoint) => [endpoint, 1]))
  /** A file that is written again is another file. */
  const inodes = (node: NodeWorld): number[] => OURS.map((path) => statSync(node.path(path)).ino)

  it('sets a bare node up, finds nothing to do the second time, and leaves no trace when it goes (sealos#498, #262, #296)', async () => {
    const node = await cluster.node('w1')
    node.write('/etc/hosts', HOSTS)
    const before = nodeState(node)

    assert.match(ended(install(node, '--dry-run'), 0).stdout, /\+10\.103\.97\.2 apiserver\.cluster\.local/)
    assert.deepEqual(nodeState(node), before)
    ended(install(node), 0)
    assert.deepEqual(rule(node), wanted())
    assert.match(node.run('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4), /src 192\.0\.2\.13/)
    assert.match(node.run('getent', 'hosts', ENDPOINT_NAME), /^10\.103\.97\.2 /)
    assert.ok(node.read('/etc/hosts')?.endsWith(HOSTS))
    const changed = Object.entries(nodeFiles(node)).filter(([path, text]) => before.files[path] !== text)
    const files = changed.filter(([, text]) => text.startsWith('f ')).map(([path]) => path)
    assert.deepEqual(files.sort(), [...OURS].sort())
    assert.match(changed.find(([path]) => path === MANIFEST)?.[1] ?? '', /^f 600 0:0 /)
    assert.equal(node.run('sysctl', '-n', 'net.ipv4.vs.expire_nodest_conn').trim(), '1')

    const [installed, ids] = [nodeState(node), inodes(node)]
    ended(install(node), 0)
    assert.deepEqual([nodeState(node), inodes(node)], [installed, ids])
    // On busy processors the answer through the virtual IP may come too late for it.
    await waitFor('an empty plan', LIMIT_MS, () => plan(node).code === 0)

    ended(installer(node, ['uninstall']), 0)
    assert.deepEqual(nodeState(node), before)
    ended(installer(node, ['uninstall']), 0)
    assert.deepEqual(nodeState(node), before)
  })

  it('takes everything back when no server answers through the virtual IP (lvscare#38); beside that, puts right what somebody changed: files, rule, route (sealos#566)', async () => {
    const lonely = await cluster.node('w2')
    const bare = nodeState(lonely)
    const flags = [
      '--node-ip',
      lonely.host.v4,
      '--master',
      '192.0.2.66:6443',
      '--service-subnet',
      '10.96.0.0/22',
    ]
    const failure = installerBeside(lonely, ['apply', ...flags])

    const node = await cluster.node('w1')
    ended(install(node), 0)
    const installed = nodeState(node)
    node.write('/etc/hosts', (node.read('/etc/hosts') ?? '').replace(VIP.v4, '192.0.2.99'))
    node.run('rm', '/etc/sysctl.d/90-lvscare.conf')
    node.write(
      MANIFEST,
      (node.read(MANIFEST) ?? '').replace(cluster.endpoints()[0] ?? '', '192.0.2.98:6443'),
      0o600,
    )
    node.run('ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', cluster.endpoints('m1')[0] ?? '')
    node.run('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', '192.0.2.98:6443', '-m')
    node.run('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    const found = findings(node)
    for (const code of ['manifest-differs', 'rule-server-foreign', 'rule-server-missing', 'not-applied'])
      assert.ok(found.includes(code), `${code} is not in ${found.join()}`)
    ended(install(node), 0)
    assert.deepEqual(nodeState(node), installed)
    // Before the node has joined nobody starts the guard.
    assert.deepEqual(findings(node), ['guard-missing'])

    assert.match(ended(await failure, 1).stderr, /no healthy server answers through 10\.103\.97\.2:6443/)
    assert.deepEqual(nodeState(lonely), bare)
  })

  it('refuses to replace a manifest that is not ours, and does it when forced', async () => {
    const node = await cluster.node('w1')
    node.write(
      MANIFEST,
      'apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec: {containers: [{name: a, image: b}]}\n',
    )
    const before = nodeState(node)
    assert.match(ended(install(node), 2).stderr, /foreign-file/)
    assert.deepEqual(nodeState(node), before)
    ended(install(node, '--force'), 0)
    assert.match(node.read(MANIFEST) ?? '', /lvscare/)
    assert.deepEqual(rule(node), wanted())
  })

  it('refuses certificates without the virtual IP or the name, and changes nothing (sealos#4665)', async () => {
    const node = await cluster.node('w1')
    const before = nodeState(node)
    const names = KubeCluster.names(cluster.network.hosts)
    const refused = (): string => {
      const { code, stderr } = install(node)
      // Refused, or taken back where the masters were too busy to show their certificates before.
      assert.ok(code === 2 || code === 1, stderr)
      assert.deepEqual(nodeState(node), before)
      return stderr
    }
    try {
      await cluster.present([...names, `DNS:${ENDPOINT_NAME}`])
      assert.match(refused(), /vip-not-in-sans|not made out for 10\.103\.97\.2 /)
      await cluster.present([...names, `IP:${VIP.v4}`])
      assert.match(refused(), /name-not-in-sans|not made out for apiserver\.cluster\.local /)
    } finally {
      await cluster.present([...names, `IP:${VIP.v4}`, `DNS:${ENDPOINT_NAME}`])
    }
  })

  it('refuses a virtual IP among the services, and one that is an address of the node (sealos#6062, #1577)', async () => {
    const node = await cluster.node('w1')
    const before = nodeState(node)
    assert.match(ended(install(node, '--service-subnet', '10.96.0.0/12'), 2).stderr, /vip-in-service-subnet/)
    node.run('ip', 'addr', 'add', `${VIP.v4}/32`, 'dev', 'eth0')
    try {
      assert.match(ended(install(node), 2).stderr, /vip-on-interface/)
    } finally {
      node.run('ip', 'addr', 'del', `${VIP.v4}/32`, 'dev', 'eth0')
    }
    assert.deepEqual(nodeState(node), before)
  })

  it('warns of a kube-proxy that will take the rule away (lvscare#7, kubernetes#76267, #85799, #134147)', async () => {
    const node = await cluster.node('w1')
    const warned = async (mode: string): Promise<string[]> => {
      const answering = `require('http').createServer((q, r) => r.end('${mode}')).listen(10249, '127.0.0.1')`
      const kubeProxy = node.spawn([process.execPath, '-e', answering], { stdio: 'ignore' })
      try {
        await waitFor('kube-proxy', LIMIT_MS, () => node.run('ss', '-tlnH', 'sport', '=', '10249') !== '')
        const run = installer(node, ['validate', '--json', ...clusterFlags(cluster)])
        return findingCodes(run, ['note', 'warning', 'error']).filter((code) => code.startsWith('kube-proxy'))
      } finally {
        const gone = once(kubeProxy, 'exit')
        kubeProxy.kill('SIGKILL')
        await gone
      }
    }
    assert.deepEqual(await warned('ipvs'), ['kube-proxy-exclude-unknown'])
    assert.deepEqual(await warned('nftables'), ['kube-proxy-nftables-flush'])
    assert.deepEqual(await warned('iptables'), [])
  })

  it('uses the route to the masters when the node has several networks (sealos#483, #409)', async () => {
    const node = await cluster.node('w1')
    node.run('ip', 'link', 'add', 'eth1', 'type', 'dummy')
    try {
      node.run('ip', 'addr', 'add', '198.51.100.7/24', 'dev', 'eth1')
      node.run('ip', 'link', 'set', 'eth1', 'up')
      node.run('ip', 'route', 'add', 'default', 'via', '198.51.100.1')
      ended(installer(node, ['apply', ...clusterFlags(cluster)]), 0)
      assert.match(node.run('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4), /src 192\.0\.2\.13/)
      assert.equal(savedTable(node.run).length, 3)
    } finally {
      node.run('ip', 'link', 'delete', 'eth1')
    }
  })
})
