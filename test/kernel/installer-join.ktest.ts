import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { VIP, VIRTUAL } from '../lab/cluster.ts'
import { TOKEN } from '../lab/cluster-info.ts'
import { clusterFlags, ended, installer, joinFlags, MANIFEST, masterFlags } from '../lab/installer.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { ENDPOINT_NAME, KubeCluster } from '../lab/kube-cluster.ts'
import { CALLS } from '../lab/kubeadm-arguments.ts'
import type { Kubelet } from '../lab/kubelet.ts'
import { type NodeState, nodeState } from '../lab/node-state.ts'
import type { NodeWorld } from '../lab/node-world.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 60_000

describe('a node that joins with lvscare-installer', { skip: ranOn('6.12') }, () => {
  let cluster: KubeCluster
  before(async () => {
    cluster = await KubeCluster.create(['m1', 'm2', 'm3'], ['w1'])
  })
  after(async () => {
    await cluster.remove()
  })

  /** A fresh node, and the only one, with a kubeadm of that release and a kubelet. */
  async function machine(name: string, version = 'v1.31.4'): Promise<{ node: NodeWorld; kubelet: Kubelet }> {
    await cluster.removeNodes()
    const node = await cluster.node(name)
    node.installKubeadm(version)
    return { node, kubelet: cluster.kubelet(node) }
  }

  function join(
    node: NodeWorld,
    masters: readonly string[],
    ...more: string[]
  ): ReturnType<typeof installer> {
    const flags = ['--node-ip', node.host.v4, ...joinFlags(cluster, TOKEN), ...more]
    return installer(node, ['join', ...clusterFlags(cluster, ...masters), ...flags])
  }

  const servers = (node: NodeWorld): string[] => [...(membersOf(VIRTUAL.v4, node.run)?.keys() ?? [])].sort()
  const routed = (node: NodeWorld): string => node.run('ip', '-o', 'route', 'show', 'table', 'local', VIP.v4)

  /** Waits until the kernel has exactly these, and the way to them. */
  async function guards(node: NodeWorld, ...masters: string[]): Promise<void> {
    const wanted = cluster.endpoints(...masters)
    await waitFor(`the rule of ${node.host.name}`, LIMIT_MS, () => servers(node).join() === wanted.join())
    assert.match(routed(node), /local 10\.103\.97\.2/)
  }

  it('cannot join by kubeadm alone: neither the virtual IP nor the name leads anywhere', async () => {
    const { node } = await machine('w1')
    const kubeadm = (): ReturnType<typeof installer> =>
      node.outcome(['kubeadm', 'join', ...joinFlags(cluster, TOKEN)])
    assert.match(ended(kubeadm(), 1).stderr, /10\.103\.97\.2:6443\/.*(?:ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)/)
    const flags = cluster.endpoints().flatMap((endpoint) => ['--rs', endpoint])
    ended(node.outcome(['lvscare', 'care', '--vs', VIRTUAL.v4, ...flags, '--run-once']), 0)
    assert.match(ended(kubeadm(), 1).stderr, /ENOTFOUND apiserver\.cluster\.local/)
  })

  it('keeps what was set up when kubeadm fails, and passes its preflight before 1.23, which wants no manifest there', async () => {
    const { node, kubelet } = await machine('w1', 'v1.22.17')
    const wrong = ['--discovery-token-ca-cert-hash', `sha256:${'0'.repeat(64)}`]
    const flags = [
      VIRTUAL.v4,
      '--token',
      TOKEN,
      '--node-ip',
      node.host.v4,
      '--kubernetes-version',
      'v1.22.17',
    ]
    const { stderr } = ended(installer(node, ['join', ...clusterFlags(cluster), ...flags, ...wrong]), 4)
    assert.match(stderr, /are pinned/)
    assert.deepEqual(servers(node), cluster.endpoints())
    ended(join(node, [], '--kubernetes-version', 'v1.22.17'), 0)
    assert.match(node.read(CALLS) ?? '', /DirAvailable--etc-kubernetes-manifests/)
    await kubelet.did('started', 1, LIMIT_MS)
  })

  it('as a control plane reaches the first master before it joins and itself afterwards, without a rule', async () => {
    const { node } = await machine('m3')
    const kernel = nodeState(node).kernel
    const own = ['--role', 'control-plane', '--certificate-key', 'a1'.repeat(32), '--node-ip', node.host.v4]
    const flags = ['--token', TOKEN, '--discovery-token-ca-cert-hash', cluster.caHash, ...own]
    ended(installer(node, ['join', ...clusterFlags(cluster), ...flags]), 0)
    assert.match(node.read(CALLS) ?? '', /"192\.0\.2\.11:6443"/)
    assert.match(node.run('getent', 'hosts', ENDPOINT_NAME), /^192\.0\.2\.13 /)
    assert.deepEqual(nodeState(node).kernel, kernel)
    assert.equal(node.read(MANIFEST), undefined)
  })

  it('as a guarded control plane has a rule with itself in it, which works when nobody else is in it', async () => {
    const { node, kubelet } = await machine('m3')
    const own = ['--role', 'control-plane', '--certificate-key', 'a1'.repeat(32), '--node-ip', node.host.v4]
    const flags = ['--token', TOKEN, '--discovery-token-ca-cert-hash', cluster.caHash, ...own]
    ended(installer(node, ['join', ...clusterFlags(cluster), ...flags, '--guard-control-plane']), 0)
    await kubelet.did('ready', 1, LIMIT_MS)
    await guards(node, 'm1', 'm2', 'm3')
    assert.match(node.run('getent', 'hosts', ENDPOINT_NAME), /^10\.103\.97\.2 /)
    ended(installer(node, ['update', ...masterFlags(cluster, 'm3')]), 0)
    await guards(node, 'm3')
  })

  /** One worker from its first day to its last: every test goes on where the one before ended. */
  describe('a worker', () => {
    let node: NodeWorld
    let kubelet: Kubelet
    let fresh: NodeState
    before(async () => {
      const made = await machine('w1')
      node = made.node
      kubelet = made.kubelet
      fresh = nodeState(node)
    })

    it('has its rule and its name before kubeadm runs, and its guard as soon as kubelet does', async () => {
      ended(join(node, ['m1', 'm2']), 0)
      await kubelet.did('ready', 1, LIMIT_MS)
      await guards(node, 'm1', 'm2')
      assert.deepEqual(kubelet.of('rejected'), [])
    })

    it('follows a master that comes: manifest, guard and live rule', async () => {
      ended(installer(node, ['update', ...masterFlags(cluster, 'm1', 'm2', 'm3')]), 0)
      await guards(node, 'm1', 'm2', 'm3')
      assert.match(node.read(MANIFEST) ?? '', new RegExp(cluster.endpoints('m3')[0] ?? ''))
      await kubelet.did('stopped', 1, LIMIT_MS)
    })

    it('follows a master that goes: no real server of it is left, and nothing brings it back (sealos#222)', async () => {
      ended(installer(node, ['update', ...masterFlags(cluster, 'm2', 'm3')]), 0)
      await guards(node, 'm2', 'm3')
      await kubelet.did('ready', 3, LIMIT_MS)
      assert.ok(!node.run('ipvsadm', '-Ln').includes(cluster.endpoints('m1')[0] ?? ''))
      ended(installer(node, ['verify']), 0)
    })

    it('refuses to be left without a server, and keeps its guard when nothing is new (sealos#216)', async () => {
      const guarded = nodeState(node)
      ended(installer(node, ['update']), 2)
      assert.match(installer(node, ['update', '--master', '192.0.2.77:6443']).stderr, /192\.0\.2\.77/)
      ended(installer(node, ['update', ...masterFlags(cluster, 'm2', 'm3')]), 0)
      assert.deepEqual(nodeState(node), guarded)
      assert.equal(kubelet.of('started').length, 3)
      assert.deepEqual(kubelet.of('unhealthy'), [])
    })

    it('has its rule and its route again after a reboot, also when no master answers (sealos#723, #483)', async () => {
      await kubelet.stop()
      node.run('ipvsadm', '-C')
      node.run('ip', 'route', 'flush', 'table', 'local', VIP.v4)
      for (const server of cluster.servers) await server.kill()
      try {
        kubelet = cluster.kubelet(node)
        await guards(node, 'm2', 'm3')
        await waitFor('the verdict', LIMIT_MS, () => / down /.test(node.run('lvscare', 'status')))
        const weights = [...(membersOf(VIRTUAL.v4, node.run)?.values() ?? [])]
        assert.equal(weights.filter((weight) => weight > 0).length, 2)
      } finally {
        for (const server of cluster.servers) await server.start()
      }
    })

    it('is free of it all when it leaves (sealos#498)', async () => {
      ended(node.outcome(['kubeadm', 'reset', '-f']), 0)
      await kubelet.did('stopped', 1, LIMIT_MS)
      ended(installer(node, ['uninstall']), 0)
      const { files, kernel } = nodeState(node)
      assert.deepEqual(kernel, fresh.kernel)
      assert.deepEqual(ours(files), ours(fresh.files))
    })

    it('joins again after it was in a cluster before (sealos#598)', async () => {
      ended(join(node, []), 0)
      await guards(node, 'm1', 'm2', 'm3')
      await kubelet.did('ready', 2, LIMIT_MS)
    })
  })
})

/** What is left when a cluster is, is kubeadm's. */
function ours(files: Readonly<Record<string, string>>): object {
  const isKubeadms = (path: string): boolean => /^\/etc\/kubernetes|^\/var\/lib\/kubelet/.test(path)
  return Object.fromEntries(Object.entries(files).filter(([path]) => !isKubeadms(path)))
}
