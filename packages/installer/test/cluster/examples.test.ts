import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { add } from '../../../../docs/examples/add.ts'
import { clean } from '../../../../docs/examples/clean.ts'
import { remove } from '../../../../docs/examples/delete.ts'
import { init } from '../../../../docs/examples/init.ts'
import { join as joinWorkers } from '../../../../docs/examples/join.ts'
import { type ClusterFlags, clusterFlags } from '../../../../docs/examples/support/flags.ts'
import { sendFile } from '../../../../docs/examples/support/package.ts'
import { memoryHost } from '../../src/host/memory.ts'
import { selfSigned } from '../plan/certificates.ts'
import { VIP } from '../plan/world.ts'
import { type Cluster, cluster } from './cluster.ts'
import { type Kubernetes, playKubernetes } from './kubernetes.ts'

const MACHINES = {
  '192.0.2.11': 'first-control-plane',
  '192.0.2.12': 'control-plane',
  '192.0.2.13': 'control-plane',
  '192.0.2.21': 'worker',
  '192.0.2.22': 'worker',
} as const

const PAIR = selfSigned('DNS:apiserver.cluster.local', 'IP:10.103.97.2')

let folder = ''
let made: Cluster
let kubernetes: Kubernetes
const said: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'examples-'))
  made = cluster(MACHINES, {}, PAIR)
  kubernetes = playKubernetes(made, PAIR.cert)
  said.length = 0
})

afterEach(async () => await rm(folder, { recursive: true }))

/** The flags of a program. */
function flags(argv: string): ClusterFlags {
  return clusterFlags([...argv.split(' '), '--inventory', join(folder, 'cluster.json')], {})
}

const OUTSIDE = {
  openHost: async (address: string) => made.world(address).host,
  say: (line: string) => void said.push(line),
}

function members(address: string): string[] {
  return [...(made.world(address).host.kernel.rules.get(VIP)?.members.keys() ?? [])]
}

const ALL = '--master 192.0.2.11,192.0.2.12 --node 192.0.2.21 --version v1.31.4'

describe('the examples', () => {
  it('make a cluster in the order of requirement C3', async () => {
    await writeFile(join(folder, 'package.tgz'), 'the package')
    await init(flags(`${ALL} --pkg-url ${join(folder, 'package.tgz')}`), OUTSIDE)
    // The package goes to all machines at once: who is first is nobody's promise.
    expect(kubernetes.done.slice(0, 3).sort()).toEqual(
      ['192.0.2.11', '192.0.2.12', '192.0.2.21'].map((address) => `${address}: init.sh of "the package"`),
    )
    expect(kubernetes.done.slice(3)).toEqual([
      '192.0.2.11: kubeadm init while the name is 192.0.2.11',
      '192.0.2.11: master.sh of "the package"',
      '192.0.2.12: kubeadm join 192.0.2.11:6443 --control-plane while the name is 192.0.2.11',
      '192.0.2.21: kubeadm join 10.103.97.2:6443 while the name is 10.103.97.2',
    ])
    expect(made.world('192.0.2.12').host.text('/etc/hosts')).toContain('192.0.2.12 apiserver.cluster.local')
    expect(members('192.0.2.21')).toEqual(['192.0.2.11:6443', '192.0.2.12:6443'])
    expect(JSON.parse(await readFile(join(folder, 'cluster.json'), 'utf8'))).toMatchObject({
      masters: ['192.0.2.11', '192.0.2.12'],
      nodes: ['192.0.2.21'],
    })
  })

  it('make the authorities for 99 years beforehand where kubeadm cannot be told', async () => {
    await init(flags(ALL.replace('v1.31.4', 'v1.30.2')), OUTSIDE)
    expect(kubernetes.done.slice(0, 4)).toEqual([
      '192.0.2.11: authority kubernetes',
      '192.0.2.11: authority etcd-ca',
      '192.0.2.11: authority front-proxy-ca',
      '192.0.2.11: kubeadm init while the name is 192.0.2.11',
    ])
  })

  it('add and delete machines, and every other one follows', async () => {
    await init(flags(ALL), OUTSIDE)
    await add(flags('--master 192.0.2.13 --node 192.0.2.22'), OUTSIDE)
    const three = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']
    expect([members('192.0.2.21'), members('192.0.2.22')]).toEqual([three, three])

    await remove(flags('--master 192.0.2.12 --node 192.0.2.21'), OUTSIDE)
    expect(members('192.0.2.22')).toEqual(['192.0.2.11:6443', '192.0.2.13:6443'])
    expect(kubernetes.gone).toEqual(['192.0.2.21', '192.0.2.12'])
    expect(members('192.0.2.21')).toEqual([])
    expect(JSON.parse(await readFile(join(folder, 'cluster.json'), 'utf8'))).toMatchObject({
      masters: ['192.0.2.11', '192.0.2.13'],
      nodes: ['192.0.2.22'],
    })
    await expect(remove(flags('--master 192.0.2.11 --master 192.0.2.13'), OUTSIDE)).rejects.toThrow(
      '192.0.2.13 is the last control plane',
    )
  })

  it('join a worker to a cluster of somebody else', async () => {
    await init(flags(ALL), OUTSIDE)
    await joinWorkers(flags('--master 192.0.2.11,192.0.2.12 --node 192.0.2.22 --version v1.31.4'), OUTSIDE)
    expect(members('192.0.2.22')).toEqual(['192.0.2.11:6443', '192.0.2.12:6443'])
  })

  it('leave no trace', async () => {
    const before = [...made.worlds.values()].map(({ host }) => host.snapshot())
    await init(flags(ALL), OUTSIDE)
    await clean(flags('--user root'), OUTSIDE)
    const after = [...made.worlds.values()].map(({ host }) => host.snapshot())
    for (const [index, { files, rules }] of after.entries()) {
      expect(rules).toEqual({})
      expect(files).toMatchObject(before[index]?.files ?? {})
      const left = Object.keys(files).filter((path) => !(path in (before[index]?.files ?? {})))
      // What kubeadm reset leaves, and what root's kubectl needs, is not the installer's.
      expect(left.filter((path) => !/^\/(root|etc\/kubernetes)(\/|$)/.test(path))).toEqual([])
    }
    await expect(readFile(join(folder, 'cluster.json'))).rejects.toThrow('ENOENT')
  })

  it('say which finding is in the way before a package is sent', async () => {
    const wrong = flags(`${ALL} --vip 10.96.0.9 --pkg-url https://example.org/package.tgz`)
    await expect(init(wrong, OUTSIDE)).rejects.toThrow('vip-in-service-subnet')
    expect(kubernetes.done).toEqual([])
  })
})

describe('sendFile', () => {
  it('sends a file in pieces, and leaves none of them', async () => {
    const from = join(folder, 'big')
    await writeFile(from, '0123456789')
    const host = memoryHost({ directories: ['/root'] })
    const commands: string[] = []
    host.onExec((argv) => {
      commands.push(argv.join(' '))
      const parts = (host.files.list('/root') ?? []).map((name) => host.text(`/root/${name}`))
      return { code: parts.join('|') === '0123|4567|89' ? 0 : 1 }
    })
    await sendFile(host, from, '/root/big', 4)
    expect(commands).toEqual(['sh -c cat /root/big.part0 /root/big.part1 /root/big.part2 > /root/big'])
    expect(host.files.list('/root')).toEqual([])
  })
})
