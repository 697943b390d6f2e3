import { createServer } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { InstallerConfig } from '../src/config/config.ts'
import { parseConfig, type RawConfig } from '../src/config/parse.ts'
import { parseVersion } from '../src/config/version.ts'
import { RefusedError } from '../src/errors.ts'
import { buildKubeadmConfig } from '../src/kubeadm/build.ts'
import { kubeadmYaml } from '../src/kubeadm/documents.ts'
import { mergeKubeadmConfig } from '../src/kubeadm/merge.ts'
import { HOSTS_FILE, manifestPath, UNIT_FILE } from '../src/node/paths.ts'
import { apply } from '../src/plan/apply.ts'
import { join } from '../src/plan/join.ts'
import { observeFacts } from '../src/plan/observe/facts.ts'
import { plan } from '../src/plan/plan.ts'
import { status } from '../src/plan/status.ts'
import { uninstall } from '../src/plan/uninstall.ts'
import { updateServers } from '../src/plan/update.ts'
import { verify } from '../src/plan/verify.ts'
import { readStaticPod } from '../src/pod/read.ts'
import { validate } from '../src/validate/validate.ts'
import { selfSigned } from './plan/certificates.ts'
import { applied } from './plan/scenarios.ts'
import { PLAIN, plain, QUICK, SERVERS, VIP, World } from './plan/world.ts'

const HASH = `sha256:${'a'.repeat(64)}`
const JOIN = { ...QUICK, token: 'abcdef.0123456789abcdef', caCertHashes: [HASH] }
const MANIFEST = manifestPath(plain())

function bare(): World {
  const world = new World()
  world.kubeletRuns = false
  return world
}

/** The configuration of the tests with one setting less. */
function without(key: keyof RawConfig): InstallerConfig {
  return parseConfig(Object.fromEntries(Object.entries(PLAIN).filter(([name]) => name !== key)))
}

/** A connection to a kube-proxy in mode ipvs. */
function kubeProxy(): Duplex {
  const [ours, theirs] = duplexPair()
  createServer((_request, response) => response.end('ipvs')).emit('connection', theirs)
  return ours
}

function members(world: World): string[] {
  return [...(world.host.kernel.rules.get(VIP)?.members.keys() ?? [])]
}

async function codes(world: World, config = plain()): Promise<string[]> {
  return (await verify(config, world.host, { ...QUICK, checkTimeoutMs: 50 })).map(({ code }) => code)
}

/** What others' installers are known for; what of it needs a real kernel is in test/kernel. */
describe('an issue that does not come back', () => {
  it('sealos#222: a removed master stays in the rule', async () => {
    for (const kubelet of [true, false]) {
      const world = new World()
      world.kubeletRuns = kubelet
      await applied(world, plain())
      expect(await updateServers(world.host, SERVERS.slice(0, 2), QUICK)).toMatchObject({ ok: true })
      expect(members(world)).toEqual(SERVERS.slice(0, 2))
      expect(world.host.text(MANIFEST)).not.toContain(SERVERS[2])
    }
  })

  it('sealos#498: clean leaves the rule', async () => {
    const world = new World()
    const before = world.snapshot()
    await applied(world, plain())
    expect(await uninstall(world.host, QUICK)).toMatchObject({ ok: true, notUndone: [] })
    expect(world.host.snapshot().rules).toEqual({})
    expect(await status(world.host)).toMatchObject({ installed: false, services: [] })
    expect({ ...world.snapshot(), settings: undefined }).toEqual({ ...before, settings: undefined })
  })

  it('sealos#483, #409: with several links the way to the virtual IP is the wrong one, or gone after a reboot', async () => {
    const world = bare()
    world.interfaces = ['192.0.2.21', '198.51.100.21'].map((local) => ({
      ifname: `eth${local.length}`,
      addr_info: [{ local }],
    }))
    const guessed = await plan(without('nodeAddress'), world.host, QUICK)
    expect(guessed.findings.map(({ code }) => code)).toContain('node-address-guessed')

    const config = plain({ bootUnit: true })
    await applied(world, config)
    const set = world.host.changes.find(({ kind }) => kind === 'rule.set')
    expect(set?.what).toContain('--ip 192.0.2.21')
    const reading = readStaticPod(world.host.text(MANIFEST) ?? '')
    expect(reading).toMatchObject({ foreign: false, config: { nodeAddress: '192.0.2.21' } })
    expect(world.host.text(UNIT_FILE)).toMatch(/^Before=kubelet\.service$/m)
    expect(world.host.text(UNIT_FILE)).toMatch(/^ExecStart=.*--ip 192\.0\.2\.21 /m)

    world.host.kernel.rules.clear() // a reboot
    const again = await plan(config, world.host, QUICK)
    expect(again.steps.map(({ id }) => id)).toContain(`rule ${VIP}`)
    expect(await apply(again)).toMatchObject({ ok: true })
  })

  it('sealos#296, #533, #427: other lines of /etc/hosts are lost', async () => {
    const world = new World()
    const others =
      '127.0.0.1 localhost\n::1 localhost # twice\n\n  10.103.97.2x apiserver.cluster.local.example\n# end\r\nx'
    world.host.files.put(HOSTS_FILE, others)
    await applied(world, plain())
    expect(world.host.text(HOSTS_FILE)?.endsWith(others)).toBe(true)
    await updateServers(world.host, SERVERS.slice(1), QUICK)
    expect(world.host.text(HOSTS_FILE)?.endsWith(others)).toBe(true)
    await uninstall(world.host, QUICK)
    expect(world.host.text(HOSTS_FILE)).toBe(others)
  })

  it('sealos#262, #566: the manifest is not written, or not written again', async () => {
    const world = new World()
    expect(world.host.files.stat('/etc/kubernetes')).toBeUndefined()
    await applied(world, plain())
    const servers = (): unknown => {
      const reading = readStaticPod(world.host.text(MANIFEST) ?? '')
      return reading.foreign ? reading.why : reading.config.servers
    }
    expect(servers()).toEqual(SERVERS)
    await updateServers(world.host, SERVERS.slice(1), QUICK)
    expect(servers()).toEqual(SERVERS.slice(1))
    world.host.files.remove(MANIFEST)
    expect(await codes(world, plain({ servers: SERVERS.slice(1) }))).toContain('manifest-missing')
  })

  it('sealos#598: a second join fails because something is there already', async () => {
    const world = bare()
    expect(await join(plain(), world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'done' })
    expect(await join(plain(), world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'already' })
    // kubeadm reset
    for (const path of [MANIFEST, '/etc/kubernetes/kubelet.conf']) world.host.files.remove(path)
    world.kubelet()
    expect(await join(plain(), world.host, JOIN)).toMatchObject({ ok: true, kubeadm: 'done', findings: [] })
    expect(await plan(plain(), world.host, QUICK)).toMatchObject({ empty: true })
  })

  it('sealos#6062, #1577: the virtual IP is one that the cluster gives to a Service', async () => {
    const world = bare()
    const before = world.snapshot()
    for (const own of [{ serviceSubnet: '10.96.0.0/12' }, { podSubnet: '10.103.0.0/16' }]) {
      const made = await plan(plain(own), world.host, { ...QUICK, force: true })
      await expect(apply(made)).rejects.toThrow(RefusedError)
    }
    expect(validate(without('serviceSubnet')).map(({ code }) => code)).toContain('service-subnet-unknown')
    expect(world.snapshot()).toEqual(before)
  })

  it('sealos#4665: the certificate of the apiserver is not made out for the virtual IP', async () => {
    const world = new World({ pair: selfSigned('DNS:apiserver.cluster.local', 'IP:192.0.2.11') })
    const before = world.snapshot()
    const config = plain({ guard: { 'health-scheme': 'https' } })
    await expect(join(config, world.host, JOIN)).rejects.toThrow(/vip-not-in-sans/)
    expect(world.joins).toEqual([])
    expect(world.snapshot()).toEqual(before)
  })

  it('sealos#723: no destination is available, because the set of servers is empty', async () => {
    const world = new World()
    await applied(world, plain())
    world.rulesSeen.splice(0)
    await expect(updateServers(world.host, [], QUICK)).rejects.toThrow(/list of servers is empty/)
    for (const server of SERVERS) world.servers.set(server, 500)
    await expect(updateServers(world.host, SERVERS.slice(0, 1), QUICK)).rejects.toThrow(RefusedError)
    const other = plain({ servers: ['192.0.2.99'] })
    expect(await apply(await plan(other, world.host, { ...QUICK, checkTimeoutMs: 20 }))).toMatchObject({
      ok: false,
      notUndone: [],
    })
    expect(members(world)).toEqual(SERVERS)
    expect(world.rulesSeen.filter((servers) => servers.length === 0)).toEqual([])
  })

  it('lvscare#7, kubernetes#76267, #85799, #134147: kube-proxy deletes the rule', async () => {
    const config = plain()
    const proxied = (facts: Parameters<typeof validate>[1]): string[] =>
      validate(config, { kubeProxyMode: 'ipvs', ...facts }).map(({ code }) => code)
    expect(proxied({ excludeCidrs: [] })).toEqual(['kube-proxy-no-exclude'])
    expect(proxied({ excludeCidrs: ['fd00::/8', '10.103.97.2/32'] })).toEqual([])
    expect(proxied({})).toEqual(['kube-proxy-exclude-unknown'])
    expect(proxied({ kubeProxyMode: 'nftables' })).toEqual(['kube-proxy-nftables-flush'])

    const documents = buildKubeadmConfig(config, parseVersion('v1.31.4'))
    const own =
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nipvs:\n  excludeCIDRs: [192.0.2.0/24] # ours\n'
    for (const text of [kubeadmYaml(documents), mergeKubeadmConfig(own, documents)])
      expect(text).toMatch(/excludeCIDRs:[\s\S]*10\.103\.97\.2\/32/)
    expect(mergeKubeadmConfig(own, documents)).toContain('192.0.2.0/24')

    const world = new World()
    world.host.onConnect(async (_address, port) => (port === 10249 ? kubeProxy() : undefined))
    expect(await observeFacts(world.host, config)).toMatchObject({ kubeProxyMode: 'ipvs' })
  })
})
