import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { duplexPair } from 'node:stream'
import { type MemoryHost, type MemoryHostOptions, memoryHost } from '@lvscare/installer/testing'
import { type InstallerConfig, isGuarded } from '../../src/config/config.ts'
import { DEFAULTS, parseConfig, type RawConfig } from '../../src/config/parse.ts'
import { MANIFESTS } from '../../src/node/paths.ts'
import { readStaticPod } from '../../src/pod/read.ts'
import type { KeyPair } from './certificates.ts'

/** Servers of the cluster in these tests. */
export const SERVERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443'] as const

/** The virtual server of these tests. */
export const VIP = '10.103.97.2:6443'

/** A configuration whose servers speak plain HTTP, so that no certificate is needed. */
export const PLAIN: RawConfig = {
  servers: SERVERS,
  nodeAddress: '192.0.2.21',
  serviceSubnet: '10.96.0.0/22',
  podSubnet: '100.64.0.0/10',
  guard: { 'health-scheme': 'http' },
}

/** The same, with some settings of its own. */
export function plain(own: RawConfig = {}): InstallerConfig {
  return parseConfig({ ...PLAIN, ...own, guard: { ...PLAIN.guard, ...own.guard } })
}

/** Times that fit a test. */
export const QUICK = { checkTimeoutMs: 1000, guardTimeoutMs: 200, pollMs: 1 } as const

/** A node in memory with the programs, the kernel, the kubelet and the cluster around it. */
export class World {
  readonly host: MemoryHost
  /** Status that a server answers with; not there: nobody listens. */
  readonly servers = new Map<string, number>(SERVERS.map((server) => [server, 200]))
  readonly modules = new Set<string>(['nf_tables'])
  readonly settings = new Map<string, string>()
  readonly images = new Set<string>([DEFAULTS.images.hardened])
  readonly enabled = new Set<string>()
  /** Names in the folder of manifests that kubelet should never have seen. */
  readonly strays = new Set<string>()
  /** Sets of servers that kubelet's guard or the rule had, to see that none of them was empty. */
  readonly rulesSeen: string[][] = []
  /** Commands of kubeadm that were run. */
  readonly joins: (readonly string[])[] = []
  /** How often the rule is looked at until kubelet has seen a change. */
  kubeletLag = 0
  kubeletRuns = true
  joined = false
  /** `half-way`: when kubelet has its kubeconfig, as where a control plane cannot join etcd. */
  kubeadmFails: boolean | 'half-way' = false
  interfaces: readonly { readonly ifname: string; readonly addr_info: readonly { local: string }[] }[] = [
    { ifname: 'lo', addr_info: [{ local: '127.0.0.1' }] },
    { ifname: 'eth0', addr_info: [{ local: '192.0.2.21' }] },
  ]
  #turn = 0
  #seen = new Map<string, string>()
  #pending = 0
  /** The manifest of the guard that runs, by its virtual server. */
  readonly #owners = new Map<string, string>()
  readonly #pair: KeyPair | undefined

  /** With a key the servers speak TLS. */
  constructor(options: MemoryHostOptions & { readonly pair?: KeyPair } = {}) {
    this.#pair = options.pair
    this.host = memoryHost(options)
    this.host.onExec((argv) => this.#run(argv))
    this.host.onConnect((address, port) => this.#connect(`${address}:${port}`))
    this.host.onOperation(({ kind, what }, moment) => {
      if (moment === 'before' && kind === 'rule.observe') this.#kubeletTurn()
      if (moment !== 'after') return
      if (what.startsWith(`${MANIFESTS}/`)) this.#manifestChanged()
      this.#noteRule()
    })
  }

  /** Kubelet looks at the folder now. */
  kubelet(): void {
    this.#pending = 0
    if (!this.kubeletRuns) return
    const names = (this.host.files.list(MANIFESTS) ?? []).filter((name) => !name.startsWith('.'))
    const texts = new Map(names.map((name) => [name, this.host.text(`${MANIFESTS}/${name}`) ?? '']))
    for (const [name, text] of this.#seen) if (texts.get(name) !== text) this.#stop(text)
    for (const [name, text] of texts) this.#start(name, text)
    this.#seen = texts
  }

  /** Everything that a test compares before and after. */
  snapshot(): object {
    return { ...this.host.snapshot(), images: [...this.images], enabled: [...this.enabled] }
  }

  #manifestChanged(): void {
    if (this.kubeletLag === 0) this.kubelet()
    else this.#pending = this.kubeletLag
  }

  #kubeletTurn(): void {
    if (this.#pending > 0 && --this.#pending === 0) this.kubelet()
  }

  /** Where a guard of the same virtual server runs already, this one stands by. */
  #start(name: string, text: string): void {
    const reading = readStaticPod(text)
    if (reading.foreign) return void this.strays.add(name)
    const { vip, port, servers = [] } = reading.config
    if (this.host.kernel.guards.has(`${vip}:${port}`)) return
    const flags = (reading.pod.spec?.containers[0]?.args ?? []).slice(1)
    const down = servers.filter((server) => !this.servers.has(server))
    const states = Object.fromEntries(down.map((server) => [server, 'down' as const]))
    this.host.kernel.startGuard({ flags, states })
    this.#owners.set(`${vip}:${port}`, text)
  }

  #stop(text: string): void {
    const reading = readStaticPod(text)
    if (reading.foreign) return
    const virtual = `${reading.config.vip}:${reading.config.port}`
    if (this.#owners.get(virtual) === text) this.host.kernel.stopGuard(virtual)
  }

  #noteRule(): void {
    const rule = this.host.kernel.rules.get(VIP)
    if (rule !== undefined) this.rulesSeen.push([...rule.members.keys()])
  }

  #run(argv: readonly string[]): { stdout?: string; stderr?: string; code?: number } | undefined {
    const [program, ...rest] = argv
    if (program === 'sh') return { stdout: this.#listModules(rest.slice(3)), code: 1 }
    if (program === 'modprobe') return this.#modprobe(rest)
    if (program === 'sysctl') return this.#sysctl(rest)
    if (program === 'ip') return { stdout: JSON.stringify(this.interfaces) }
    if (program === 'ctr') return this.#ctr(rest.slice(rest.indexOf('images') + 1))
    if (program === 'systemctl') return this.#systemctl(rest)
    if (program === 'test') return { code: 1 }
    if (program === 'env') return { stdout: 'HOME=/root\nPATH=/bin\n' }
    if (program === 'kubeadm') return this.#kubeadm(rest)
    return undefined
  }

  #listModules(optional: readonly string[]): string {
    return [
      ...[...this.modules].map((name) => `${name} 4096 0 - Live 0x0`),
      'kernel/net/netfilter/nf-conntrack.ko',
      ...optional.map((name) => `+ ${name}`),
    ].join('\n')
  }

  #modprobe(words: readonly string[]): { code?: number; stderr?: string } {
    for (const name of words.filter((word) => !word.startsWith('-'))) {
      this.modules.add(name)
      if (name !== 'ip_vs') continue
      this.settings.set('net.ipv4.vs.expire_nodest_conn', '0')
      this.settings.set('net.ipv4.vs.expire_quiescent_template', '0')
    }
    return {}
  }

  #sysctl(words: readonly string[]): { stdout: string; code: number } {
    const lines: string[] = []
    for (const word of words.filter((one) => !one.startsWith('-'))) {
      const [name = '', value] = word.split('=')
      if (value !== undefined && this.settings.has(name)) this.settings.set(name, value)
      if (this.settings.has(name)) lines.push(`${name} = ${this.settings.get(name)}`)
    }
    return { stdout: lines.join('\n'), code: words.includes('-e') || lines.length === words.length ? 0 : 255 }
  }

  #ctr([verb, word = '']: readonly string[]): { stdout?: string; stderr?: string; code?: number } {
    if (verb === 'list') return { stdout: [...this.images].join('\n') }
    if (verb === 'remove') return { code: this.images.delete(word) ? 0 : 1 }
    const text = this.host.text(word)
    if (text === undefined) return { code: 1, stderr: `ctr: open ${word}: no such file` }
    this.images.add(text)
    return {}
  }

  #systemctl([verb, unit = '']: readonly string[]): { stdout?: string; stderr?: string; code?: number } {
    if (verb === 'is-enabled') return this.enabled.has(unit) ? { stdout: 'enabled\n' } : { code: 1 }
    if (this.host.files.stat(`/etc/systemd/system/${unit}`) === undefined)
      return { code: 1, stderr: `Unit ${unit} does not exist` }
    if (verb === 'enable') this.enabled.add(unit)
    if (verb === 'disable') this.enabled.delete(unit)
    return {}
  }

  #kubeadm(words: readonly string[]): { stdout?: string; stderr?: string; code?: number } {
    this.joins.push(words)
    if (this.kubeadmFails === 'half-way')
      this.host.files.put('/etc/kubernetes/kubelet.conf', 'apiVersion: v1\n')
    if (this.kubeadmFails !== false) return { code: 1, stderr: `error: the token ${words[3]} is not known` }
    this.host.files.put('/etc/kubernetes/kubelet.conf', 'apiVersion: v1\n')
    this.kubeletRuns = true
    this.kubelet()
    return { stdout: 'This node has joined the cluster\n' }
  }

  /** Through the virtual server each member with a weight has its turn. */
  async #connect(target: string): Promise<ReturnType<typeof duplexPair>[number] | undefined> {
    const rule = this.host.kernel.rules.get(target)
    const members = [...(rule?.members ?? [])].filter(([, weight]) => weight > 0)
    const server = rule === undefined ? target : members[this.#turn++ % members.length]?.[0]
    const status = server === undefined ? undefined : this.servers.get(server)
    if (status === undefined) return undefined
    const [ours, theirs] = duplexPair()
    const answer: RequestListener = (_request, response) => response.writeHead(status).end('ok')
    const web = this.#pair === undefined ? createServer(answer) : createTlsServer(this.#pair, answer)
    web.on('tlsClientError', () => undefined)
    theirs.on('error', () => undefined)
    web.emit('connection', theirs)
    return ours
  }
}

/** Is the node set up for this configuration, as far as a test can see? */
export function guardOf({ host }: World, config: InstallerConfig): string[] {
  const guard = host.kernel.guards.get(config.virtual.text)
  return isGuarded(config) && guard !== undefined ? [...guard.flags] : []
}
