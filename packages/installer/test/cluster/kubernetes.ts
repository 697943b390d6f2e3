import type { MemoryHost } from '../../src/host/memory.ts'
import type { Cluster } from './cluster.ts'

/** What the programs of Kubernetes were asked to do on the machines of a cluster. */
export interface Kubernetes {
  /** In order; what a machine's name for the control plane was at that time stands beside it. */
  readonly done: string[]
  /** Machines that were taken out of the cluster. */
  readonly gone: string[]
}

const TOKEN = 'abcdef.0123456789abcdef'

type Result = { readonly code?: number; readonly stdout?: string }

/** Plays kubeadm, kubectl and the scripts of the package on every machine. `ca` is the authority of the cluster (PEM). */
export function playKubernetes({ worlds, inventory }: Cluster, ca: string): Kubernetes {
  const played: Kubernetes = { done: [], gone: [] }
  const port = inventory.config.port ?? 6443
  for (const [address, world] of worlds) {
    const { host } = world
    host.files.putDirectory('/root')
    const note = (what: string): Result => {
      played.done.push(`${address}: ${what}`)
      return {}
    }
    host.onExec((argv) => {
      const line = argv.join(' ')
      if (argv[0] === 'kubeadm') return kubeadm(host, argv, ca, note)
      if (line.includes('openssl')) return note(`authority ${argv.at(-1)}`)
      if (argv[0] === 'kubectl') return kubectl(argv, played, worlds.keys())
      if (argv[0] === 'hostname') return { stdout: `${address}\n` }
      if (argv[0] === 'tar') return unpack(host)
      if (/^sh -c cat \S+\.part/.test(line)) return putTogether(host, line)
      const script = /shell && sh (\S+)$/.exec(line)?.[1]
      return script === undefined
        ? undefined
        : note(`${script} of ${JSON.stringify(host.text('/root/kube/content'))}`)
    })
  }
  // Whoever is asked answers as an apiserver does: which ones are asked is what the tests look at.
  for (const world of worlds.values())
    for (const address of worlds.keys()) world.servers.set(`${address}:${port}`, 200)
  return played
}

function kubeadm(
  host: MemoryHost,
  argv: readonly string[],
  ca: string,
  note: (what: string) => Result,
): Result | undefined {
  const [, verb, ...rest] = argv
  const line = rest.join(' ')
  if (verb === 'token') return { stdout: `${TOKEN}\n` }
  if (verb === 'reset') {
    host.files.remove('/etc/kubernetes/kubelet.conf')
    return {}
  }
  if (line.startsWith('phase upload-certs'))
    return { stdout: `[upload-certs] Using certificate key:\n${'ab'.repeat(32)}\n` }
  if (verb === 'init') {
    host.files.put('/etc/kubernetes/admin.conf', 'admin')
    host.files.put('/etc/kubernetes/pki/ca.crt', ca)
    return note(`kubeadm init while the name is ${nameOf(host)}`)
  }
  const role = rest.includes('--control-plane') ? ' --control-plane' : ''
  note(`kubeadm join ${rest[0]}${role} while the name is ${nameOf(host)}`)
  return undefined // The world does what kubelet does then.
}

/** A machine is a node from the beginning on; its name is its address. */
function kubectl(argv: readonly string[], played: Kubernetes, machines: Iterable<string>): Result {
  const nodes = [...machines].filter((name) => !played.gone.includes(name))
  if (argv.includes('get')) return { stdout: nodes.map((name) => `${name} ${name}\n`).join('') }
  if (argv.includes('delete')) played.gone.push(argv.at(-1) ?? '')
  return {}
}

function nameOf(host: MemoryHost): string {
  return /^(\S+)\s+apiserver\.cluster\.local$/m.exec(host.text('/etc/hosts') ?? '')?.[1] ?? 'nobody'
}

function unpack(host: MemoryHost): Result {
  host.files.put('/root/kube/content', host.text('/root/kube.tar.gz') ?? '')
  return {}
}

function putTogether(host: MemoryHost, line: string): Result {
  const [, parts = '', to = ''] = /cat (.*) > (\S+)$/.exec(line) ?? []
  host.files.put(
    to,
    parts
      .split(' ')
      .map((part) => host.text(part) ?? '')
      .join(''),
  )
  return {}
}
