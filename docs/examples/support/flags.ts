import { parseArgs } from 'node:util'

/** What the five programs take; the flags of sealos with the same meaning. */
export interface ClusterFlags {
  /** Addresses of control planes; what they are to the program depends on it. */
  readonly masters: readonly string[]
  /** Addresses of workers. */
  readonly nodes: readonly string[]
  readonly user: string
  /** Password for SSH; the private key is taken when it is missing. */
  readonly password: string | undefined
  /** File of the private key for SSH. */
  readonly privateKey: string
  /** The offline package: a file here, or an address that every node downloads it from. */
  readonly packageUrl: string | undefined
  readonly version: string | undefined
  /** File with a template, or a configuration, of kubeadm. */
  readonly kubeadmConfig: string | undefined
  readonly vip: string | undefined
  /** Where the machines of the cluster are written down between two programs. */
  readonly inventory: string
}

/** Reads the flags; `environment` may have the password, which nobody then sees in a list of processes. */
export function clusterFlags(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ClusterFlags {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      master: { type: 'string', multiple: true, default: [] },
      node: { type: 'string', multiple: true, default: [] },
      user: { type: 'string', default: 'root' },
      passwd: { type: 'string' },
      pk: { type: 'string', default: '/root/.ssh/id_rsa' },
      'pkg-url': { type: 'string' },
      version: { type: 'string' },
      'kubeadm-config': { type: 'string' },
      vip: { type: 'string' },
      inventory: { type: 'string', default: 'cluster.json' },
    },
  })
  return {
    masters: values.master.flatMap((text) => text.split(',')),
    nodes: values.node.flatMap((text) => text.split(',')),
    user: values.user,
    password: values.passwd ?? environment['CLUSTER_PASSWORD'],
    privateKey: values.pk,
    packageUrl: values['pkg-url'],
    version: values.version,
    kubeadmConfig: values['kubeadm-config'],
    vip: values.vip,
    inventory: values.inventory,
  }
}
