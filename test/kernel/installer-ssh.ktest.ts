import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import { VIRTUAL } from '../lab/cluster.ts'
import { clusterFlags, ended, installerHere, masterFlags, type Run } from '../lab/installer.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { KubeCluster } from '../lab/kube-cluster.ts'
import { nodeState } from '../lab/node-state.ts'
import type { NodeWorld } from '../lab/node-world.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { Sshd, type SshdOptions } from '../lab/sshd.ts'

const LIMIT_MS = 60_000

describe("lvscare-installer --host, over OpenSSH's own sshd", { skip: ranOn('6.12') }, () => {
  let cluster: KubeCluster
  let node: NodeWorld
  let sshd: Sshd | undefined
  before(async () => {
    cluster = await KubeCluster.create(['m1', 'm2'], ['w1'])
  })
  afterEach(async () => {
    await sshd?.stop()
    sshd = undefined
    await cluster.removeNodes()
  })
  after(async () => {
    await cluster.remove()
  })

  async function serve(options: SshdOptions = {}): Promise<Sshd> {
    node = await cluster.node('w1')
    sshd = await Sshd.start(node, options)
    return sshd
  }

  /** Runs a command for the node, from a machine of the operator. */
  function remotely({ identity, knownHosts, port }: Sshd, command: string, ...args: string[]): Run {
    const host = `root@${node.host.v4}${port === 22 ? '' : `:${port}`}`
    const way = ['--host', host, '--identity', identity, '--known-hosts', knownHosts]
    return installerHere(command, ...args, ...way)
  }

  const apply = (server: Sshd, ...more: string[]): Run =>
    remotely(server, 'apply', ...clusterFlags(cluster), '--node-ip', node.host.v4, ...more)
  const servers = (): string[] => [...(membersOf(VIRTUAL.v4, node.run)?.keys() ?? [])].sort()

  it('sets a node up, changes its servers, and leaves no trace', async () => {
    const server = await serve({ port: 2222 })
    node.write('/var/lib/kubelet/config.yaml', 'staticPodPath: /etc/kubernetes/manifests\n')
    const kubelet = cluster.kubelet(node)
    const before = nodeState(node)
    ended(apply(server), 0)
    await kubelet.did('ready', 1, LIMIT_MS)
    assert.deepEqual(servers(), cluster.endpoints())
    ended(remotely(server, 'verify'), 0)
    ended(remotely(server, 'update', ...masterFlags(cluster, 'm2')), 0)
    assert.deepEqual(servers(), cluster.endpoints('m2'))
    ended(remotely(server, 'uninstall'), 0)
    assert.deepEqual(nodeState(node), before)
    await kubelet.did('stopped', 2, LIMIT_MS)
  })

  it('takes everything back over SSH too, when the last step fails; needs no port forwarding', async () => {
    const server = await serve({ lines: ['AllowTcpForwarding no'] })
    node.run('mkdir', '-p', '/etc/kubernetes/manifests')
    const before = nodeState(node)
    node.run('mount', '--bind', '-o', 'ro', '/etc/kubernetes/manifests', '/etc/kubernetes/manifests')
    node.run('mount', '-o', 'remount,bind,ro', '/etc/kubernetes/manifests')
    try {
      assert.match(ended(apply(server), 1).stderr, /kube-sealyun-lvscare\.yaml/)
      assert.deepEqual(nodeState(node), before)
    } finally {
      node.run('umount', '/etc/kubernetes/manifests')
    }
  })

  it('says when SFTP is missing, and trusts nobody but the host key that is known', async () => {
    const server = await serve({ lines: ['Subsystem sftp /bin/false'] })
    const before = nodeState(node)
    assert.match(ended(apply(server), 1).stderr, /SFTP/i)
    writeFileSync(server.knownHosts, '')
    assert.match(ended(apply(server), 1).stderr, /ssh-keyscan/)
    writeFileSync(
      server.knownHosts,
      `${node.host.v4} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n`,
    )
    assert.match(ended(apply(server), 1).stderr, /key/)
    assert.deepEqual(nodeState(node), before)
  })
})
