import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { add } from '../../../../docs/examples/add.ts'
import { clean } from '../../../../docs/examples/clean.ts'
import { remove } from '../../../../docs/examples/delete.ts'
import { init } from '../../../../docs/examples/init.ts'
import { join as joinWorkers } from '../../../../docs/examples/join.ts'
import { type ClusterFlags, clusterFlags } from '../../../../docs/examples/support/flags.ts'
import { sendFile } from '../../../../docs/examples/support/package.ts'
import { someAtATime } from '../../../../docs/examples/support/some-at-a-time.ts'
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

  it('find what is in the way of a worker, or of a machine that is added, before it gets the package', async () => {
    await init(flags(ALL), OUTSIDE)
    made.world('192.0.2.22').host.files.put('/etc/modules-load.d/lvscare.conf', 'of somebody else')
    kubernetes.done.length = 0
    const url = '--pkg-url https://example.org/package.tgz'
    const worker = flags(`--master 192.0.2.11 --node 192.0.2.22 --version v1.31.4 ${url}`)
    await expect(joinWorkers(worker, OUTSIDE)).rejects.toThrow('foreign-file')
    await expect(add(flags(`--node 192.0.2.22 ${url}`), OUTSIDE)).rejects.toThrow('foreign-file')
    expect(kubernetes.done).toEqual([])
  })

  it('send the package to five machines at a time', async () => {
    const workers = Array.from({ length: 11 }, (_, index) => `192.0.2.${31 + index}`)
    made = cluster(
      { '192.0.2.11': 'first-control-plane', ...Object.fromEntries(workers.map((one) => [one, 'worker'])) },
      {},
      PAIR,
    )
    kubernetes = playKubernetes(made, PAIR.cert)
    let now = 0
    let most = 0
    for (const { host } of made.worlds.values())
      host.onExec(async ([program]) => {
        if (program !== 'curl') return undefined
        most = Math.max(most, ++now)
        await setImmediate()
        now -= 1
        return {}
      })
    await init(
      flags(`--master 192.0.2.11 --node ${workers.join()} --pkg-url https://example.org/p.tgz`),
      OUTSIDE,
    )
    expect(most).toBe(5)
    expect(said.filter((line) => line.endsWith('has the package')).length).toBe(12)
  })
})

describe('the examples, after something has failed', () => {
  it('go on where init.ts has stopped, by init.ts', async () => {
    made.world('192.0.2.12').kubeadmFails = true
    await expect(init(flags(ALL), OUTSIDE)).rejects.toThrow('192.0.2.12: could not join')
    made.world('192.0.2.12').kubeadmFails = false
    kubernetes.done.length = 0
    await init(flags(ALL), OUTSIDE)
    expect(kubernetes.done.map((line) => line.replace(/ while.*/, ''))).toEqual([
      '192.0.2.12: kubeadm join 192.0.2.11:6443 --control-plane',
      '192.0.2.21: kubeadm join 10.103.97.2:6443',
    ])
    expect(said.join('\n')).toContain(
      '192.0.2.11: /etc/kubernetes/admin.conf is there already: kubeadm init is not run again',
    )
  })

  it('go on where init.ts has stopped, by add.ts, and write no machine down twice', async () => {
    made.world('192.0.2.21').kubeadmFails = true
    await expect(init(flags(ALL), OUTSIDE)).rejects.toThrow('192.0.2.21: could not join')
    made.world('192.0.2.21').kubeadmFails = false
    await add(flags('--master 192.0.2.12 --node 192.0.2.21 --node 192.0.2.21'), OUTSIDE)
    expect(JSON.parse(await readFile(join(folder, 'cluster.json'), 'utf8'))).toMatchObject({
      masters: ['192.0.2.11', '192.0.2.12'],
      nodes: ['192.0.2.21'],
    })
    await expect(add(flags('--node 192.0.2.12'), OUTSIDE)).rejects.toThrow(
      '192.0.2.12 is a control plane of this cluster already',
    )
    await expect(add(flags('--master 192.0.2.21'), OUTSIDE)).rejects.toThrow(
      '192.0.2.21 is a worker of this cluster already',
    )
  })

  it('say why a machine could not join, without its token', async () => {
    await init(flags(ALL), OUTSIDE)
    made.world('192.0.2.22').kubeadmFails = true
    const error = await add(flags('--node 192.0.2.22'), OUTSIDE).catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(
      /^Error: 192\.0\.2\.22: could not join\n {2}192\.0\.2\.22: kubeadm join .* is not known$/,
    )
    expect(String(error)).not.toContain('abcdef.0123456789abcdef')
    expect(String(error)).not.toContain('ab'.repeat(32))
  })

  it('say why a machine does not know a new apiserver', async () => {
    await init(flags(ALL), OUTSIDE)
    made.world('192.0.2.21').host.onOperation(({ kind, what }, moment) => {
      if (moment === 'before' && kind === 'writeFileAtomic' && what.includes('manifests'))
        throw new Error('the disk is full')
    })
    await expect(add(flags('--master 192.0.2.13'), OUTSIDE)).rejects.toThrow(
      /do not know 192\.0\.2\.13 yet: run add\.ts again\n {2}192\.0\.2\.21: .*the disk is full\n {2}192\.0\.2\.11: was not begun/,
    )
  })

  it('say of every machine why it is not clean', async () => {
    await init(flags(ALL), OUTSIDE)
    for (const address of ['192.0.2.12', '192.0.2.21'])
      made
        .world(address)
        .host.onExec(([, verb]) => (verb === 'reset' ? { code: 1, stderr: 'busy' } : undefined))
    await expect(clean(flags('--user root'), OUTSIDE)).rejects.toThrow(
      '2 machines are not clean\n' +
        '  192.0.2.12: kubeadm reset --force ended with 1: busy\n' +
        '  192.0.2.21: kubeadm reset --force ended with 1: busy',
    )
  })

  it('delete machines that are dead', async () => {
    await init(flags(ALL.replace('2.12', '2.12,192.0.2.13').replace('2.21', '2.21,192.0.2.22')), OUTSIDE)
    const dead = ['192.0.2.11', '192.0.2.21']
    const openHost = async (address: string) => {
      if (dead.includes(address)) throw new Error('no route to host')
      return made.world(address).host
    }
    said.length = 0
    await remove(flags('--master 192.0.2.11 --node 192.0.2.21'), { ...OUTSIDE, openHost })
    expect(kubernetes.gone).toEqual(['192.0.2.21', '192.0.2.11'])
    expect(members('192.0.2.22')).toEqual(['192.0.2.12:6443', '192.0.2.13:6443'])
    expect(said).toContain('192.0.2.11: cannot be reached: no route to host')
    expect(said.join('\n')).toMatch(/192\.0\.2\.11: .*etcd/)
    expect(said.join('\n')).not.toMatch(/192\.0\.2\.21: .*etcd/)
    expect(JSON.parse(await readFile(join(folder, 'cluster.json'), 'utf8'))).toMatchObject({
      masters: ['192.0.2.12', '192.0.2.13'],
      nodes: ['192.0.2.22'],
    })
    await expect(remove(flags('--node 192.0.2.21'), OUTSIDE)).rejects.toThrow(
      '192.0.2.21 is not a machine of this cluster',
    )
  })
})

describe('someAtATime', () => {
  it('begins no further one after a failure, and waits for those it has begun', async () => {
    const begun: number[] = []
    const ended: number[] = []
    const work = async (item: number): Promise<void> => {
      begun.push(item)
      await setImmediate()
      if (item === 2) throw new Error('the second one')
      await setImmediate()
      ended.push(item)
    }
    await expect(someAtATime([1, 2, 3, 4, 5, 6, 7], work)).rejects.toThrow('the second one')
    expect([begun, ended]).toEqual([
      [1, 2, 3, 4, 5],
      [1, 3, 4, 5],
    ])
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

  it('sends pieces of 4 MiB', async () => {
    const from = join(folder, 'big')
    await writeFile(from, Buffer.alloc(9 * 1024 * 1024))
    const host = memoryHost({ directories: ['/root'] })
    const sizes: (number | undefined)[] = []
    host.onExec(() => {
      const parts = host.files.list('/root') ?? []
      sizes.push(...parts.map((name) => host.text(`/root/${name}`)?.length))
      return {}
    })
    await sendFile(host, from, '/root/big')
    expect(sizes.map((size = 0) => size / 1024 / 1024)).toEqual([4, 4, 1])
  })
})
