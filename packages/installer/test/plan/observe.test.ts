import { describe, expect, it } from 'vitest'
import { observeFacts } from '../../src/plan/observe/facts.ts'
import { hasImage } from '../../src/plan/observe/image.ts'
import { interfacesOf } from '../../src/plan/observe/interfaces.ts'
import { modulesOf, settingsOf } from '../../src/plan/observe/kernel.ts'
import { manifestFacts } from '../../src/plan/observe/manifests.ts'
import { observe } from '../../src/plan/observe/observe.ts'
import { readRecord, recordText } from '../../src/plan/record.ts'
import { plain, VIP, World } from './world.ts'

describe('what programs print', () => {
  it('gives modules, loaded and built in, however they are spelled', () => {
    const text =
      'ip_vs_rr 16384 2 - Live 0x0000000000000000\nkernel/net/netfilter/nf-conntrack.ko\n\n+ tcp_diag\nip_vs\n'
    expect([...modulesOf(text)]).toEqual(['ip_vs_rr', 'nf_conntrack', 'ip_vs'])
  })

  it('gives settings', () => {
    const text =
      'net.ipv4.vs.conntrack = 1\nsysctl: cannot stat /proc/sys/x: No such file or directory\na.b-c/d =  2 3 \n'
    expect([...settingsOf(text)]).toEqual([
      ['net.ipv4.vs.conntrack', '1'],
      ['a.b-c/d', '2 3'],
    ])
  })

  it('gives links with their addresses', () => {
    const lo = { ifindex: 1, ifname: 'lo', addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8 }] }
    expect(interfacesOf([lo, {}, { ifname: 'eth0', addr_info: [{}] }, { ifname: 'ppp0' }])).toEqual([
      { name: 'lo', addresses: ['127.0.0.1'] },
      { name: 'eth0', addresses: [] },
      { name: 'ppp0', addresses: [] },
    ])
    expect(() => interfacesOf({})).toThrow(RangeError)
  })
})

describe('the images of a node', () => {
  // As ctr 1.6 does where no containerd runs.
  it('are unknown two seconds after containerd was asked in vain, not ten', async () => {
    const world = new World()
    let waitedMs = 0
    world.host.onExec(([program, ...words]) => {
      if (program !== 'ctr') return undefined
      const at = words.indexOf('--connect-timeout')
      waitedMs =
        at === -1 || at > words.indexOf('images') ? 10_000 : 1000 * Number.parseFloat(words[at + 1] ?? '')
      return {
        code: 1,
        stderr: 'ctr: failed to dial "/run/containerd/containerd.sock": context deadline exceeded',
      }
    })
    expect(await hasImage(world.host, 'lvscare:v1')).toBeUndefined()
    expect(waitedMs).toBe(2000)
  })
})

describe('the facts of a node', () => {
  it('are what can be had, and nothing of the rest', async () => {
    const world = new World()
    world.host.onExec(([program]) => {
      if (program === 'env') return { stdout: 'A=b\nhttps_proxy=http://proxy:3128\nNO_PROXY=10.0.0.0/8\n' }
      if (program === 'kubelet') return { stdout: 'Kubernetes v1.33.2\n' }
      return program === 'ip' ? { code: 255, stderr: 'Option "-j" is unknown' } : undefined
    })
    world.host.files.put('/etc/kubernetes/manifests/kube-apiserver.yaml', 'kind: Pod\n')
    world.host.files.put('/etc/kubernetes/manifests/.hidden', 'kind: Pod\n')
    const facts = await observeFacts(world.host, plain())
    expect(facts).toEqual({
      interfaces: undefined,
      hosts: world.host.text('/etc/hosts'),
      kubeProxyMode: undefined,
      environment: { https_proxy: 'http://proxy:3128', NO_PROXY: '10.0.0.0/8' },
      kubernetesVersion: { minor: 33, patch: 2, text: 'v1.33.2' },
      controlPlaneFiles: ['/etc/kubernetes/manifests/kube-apiserver.yaml'],
      otherManifests: [
        { path: '/etc/kubernetes/manifests/kube-apiserver.yaml', podName: undefined, references: [] },
      ],
    })
  })

  it('have the mode of kube-proxy where that answers', async () => {
    const world = new World()
    world.servers.set('127.0.0.1:10249', 200)
    expect((await observeFacts(world.host, plain())).kubeProxyMode).toBe('ok')
    world.servers.set('127.0.0.1:10249', 404)
    expect((await observeFacts(world.host, plain())).kubeProxyMode).toBeUndefined()
  })

  it('tell what other static pods are', () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  volumes: [{configMap: {name: settings}}]\n'
    expect(manifestFacts(pod)).toEqual({ podName: 'x', references: ['configMap settings'] })
    expect(manifestFacts('{')).toEqual({})
    expect(manifestFacts('')).toEqual({})
  })

  it('can be had of a node that is bare, and without a configuration', async () => {
    const world = new World()
    world.host.forget()
    const state = await observe(world.host)
    expect(state).toMatchObject({ record: { kind: 'none' }, missingDirectories: [], facts: {} })
    expect(world.host.changes.filter(({ kind }) => kind !== 'exec')).toEqual([])
    expect(world.host.operations.some(({ what }) => what.includes(VIP))).toBe(false)
  })
})

describe('the record', () => {
  const RECORD = {
    phase: 'after',
    config: { servers: ['192.0.2.1'] },
    former: [],
    directories: ['/a'],
    images: [],
  } as const

  it('is read as it was written', () => {
    expect(readRecord(recordText(RECORD))).toMatchObject({ kind: 'record', record: RECORD })
    expect(readRecord(undefined)).toEqual({ kind: 'none' })
  })

  it.each([
    ['', /JSON/],
    ['[]', 'must be an object'],
    ['{"version":2}', 'must have the version 1, not 2'],
    ['{"version":1,"phase":"x"}', 'phase must be one of before, after'],
    ['{"version":1,"phase":"before"}', 'config must be an object'],
    ['{"version":1,"phase":"before","config":{"vip":"x"}}', /^vip "x"/],
    ['{"version":1,"phase":"before","config":{},"former":{}}', 'former must be a list'],
    ['{"version":1,"phase":"before","config":{},"directories":[1]}', 'directories must be a list of texts'],
  ])('that says %s is damaged', (text, why) => {
    const reading = readRecord(text)
    expect(reading.kind === 'damaged' ? reading.why : '').toMatch(why)
  })
})
