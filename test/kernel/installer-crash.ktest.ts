import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { clusterFlags, ended, installerBeside, MANIFEST, type Run } from '../lab/installer.ts'
import { KubeCluster } from '../lab/kube-cluster.ts'
import { nodeState } from '../lab/node-state.ts'
import type { NodeWorld } from '../lab/node-world.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { program } from '../lab/programs.ts'

/** Where the program under test writes down what it changes. */
const LOG = '/run/changes.log'

/** More than there are changes. */
const MAX_RUNS = 40

// On two nodes at the same time: most of it is waiting for emulated processors.
describe('lvscare-installer that is killed', { concurrency: true, skip: ranOn('6.12') }, () => {
  let cluster: KubeCluster
  before(async () => {
    cluster = await KubeCluster.create(['m1'], ['w1', 'w2'])
  })
  after(async () => {
    await cluster.remove()
  })

  const flags = (node: NodeWorld): string[] => [...clusterFlags(cluster), '--node-ip', node.host.v4]

  /** Runs it so that it is killed right before its n-th change to a file; 0: never. */
  async function crash(node: NodeWorld, at: number, ...args: string[]): Promise<Run> {
    const env = { CRASH_AT: `${at}`, CRASH_LOG: LOG, NODE_OPTIONS: `--import=${program('crash')}` }
    return await installerBeside(node, args, env)
  }

  /** The changes that were made. */
  const changes = (node: NodeWorld): string[] => (node.read(LOG) ?? '').trim().split('\n')

  /** Runs it again and again, each time killed after one change more, until it comes to its end; the changes it made. */
  async function crawl(node: NodeWorld, ...args: string[]): Promise<string[]> {
    node.write(LOG, '')
    for (let run = 0; run < MAX_RUNS; run += 1) {
      const { code, stderr } = await crash(node, 2, ...args)
      assert.deepEqual(strays(node), [])
      if (code !== null) {
        assert.equal(code, 0, stderr)
        return changes(node)
      }
    }
    throw new Error(`no end after ${MAX_RUNS} runs:\n${changes(node).join('\n')}`)
  }

  it('after every one of its changes, sets up the same node as if nothing had been', async () => {
    const whole = await cluster.node('w1')
    ended(await crash(whole, 0, 'apply', ...flags(whole)), 0)
    const [installed, made] = [nodeState(whole), changes(whole)]
    assert.ok(made.length >= 5, made.join('\n'))
    const node = await cluster.node('w1')
    const all = await crawl(node, 'apply', ...flags(node))
    assert.ok(all.length >= made.length, all.join('\n'))
    assert.deepEqual(nodeState(node), installed)
  })

  it('after every one of its changes, leaves no trace in the end', async () => {
    const node = await cluster.node('w2')
    const bare = nodeState(node)
    ended(await installerBeside(node, ['apply', ...flags(node)]), 0)
    const made = await crawl(node, 'uninstall')
    assert.ok(made.length >= 5, made.join('\n'))
    assert.deepEqual(nodeState(node), bare)
  })
})

/** Files that kubelet would take for manifests, besides the one that is. */
function strays(node: NodeWorld): string[] {
  const folder = node.path(dirname(MANIFEST))
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.filter((name) => !name.startsWith('.') && name !== basename(MANIFEST))
}
