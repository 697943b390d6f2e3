import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  buildKubeadmConfig,
  caCommands,
  clusterFindings,
  type InstallerConfig,
  type KubernetesVersion,
  kubeadmYaml,
  mergeKubeadmConfig,
  type NodeHost,
  parseVersion,
  renderTemplate,
  templateValues,
} from '@lvscare/installer'
import { run } from './run.ts'

/** What a machine needs to join. */
export interface Credentials {
  readonly token: string
  readonly caCertHashes: readonly string[]
  readonly certificateKey: string
}

const CONFIG_FILE = '/root/kubeadm.yaml'
/** What `kubeadm init` and `kubeadm join` give the administrator; it is there from their first steps on. */
export const ADMIN = '/etc/kubernetes/admin.conf'

const KUBECTL = ['kubectl', '--kubeconfig', ADMIN]

/** A line for each node: its name, and its addresses. */
const NAMES =
  '{range .items[*]}{.metadata.name} {.status.addresses[?(@.type=="InternalIP")].address}{"\\n"}{end}'

/** The configuration of `kubeadm init`: the operator's file is a template, and has everything that must be in it afterwards. */
export async function kubeadmConfig(config: InstallerConfig, file: string | undefined): Promise<string> {
  const version = releaseOf(config)
  const documents = buildKubeadmConfig(config, version)
  if (file === undefined) return kubeadmYaml(documents)
  const rendered = renderTemplate(await readFile(file, 'utf8'), templateValues(config, version))
  const merged = mergeKubeadmConfig(rendered, documents)
  const wrong = clusterFindings(config, merged).find(({ severity }) => severity === 'error')
  if (wrong !== undefined) throw new Error(`${file}: ${wrong.message}: ${wrong.fix}`)
  return merged
}

/** The release, where nobody says it the first one whose kubeadm makes certificates of 99 years. */
function releaseOf({ kubernetesVersion }: InstallerConfig): KubernetesVersion {
  return kubernetesVersion ?? parseVersion('v1.31.0')
}

/** Makes the authorities of the cluster for 99 years, where kubeadm cannot be told to. */
export async function makeAuthorities(host: NodeHost, config: InstallerConfig): Promise<void> {
  for (const argv of caCommands({ ...config, kubernetesVersion: releaseOf(config) })) await run(host, argv)
}

/** `kubeadm init` was run on this machine, or it has joined as a control plane. */
export async function isInitialized(host: NodeHost): Promise<boolean> {
  return (await host.stat(ADMIN)) !== undefined
}

/** Runs `kubeadm init` on the first control plane. */
export async function initCluster(host: NodeHost, yaml: string): Promise<void> {
  await host.writeFileAtomic(CONFIG_FILE, yaml, 0o600)
  await run(host, ['kubeadm', 'init', '--config', CONFIG_FILE, '--upload-certs'])
}

/** Lets root use kubectl on a control plane. */
export async function useKubectl(host: NodeHost): Promise<void> {
  const admin = await host.readFile(ADMIN)
  if (admin === undefined) throw new Error(`${host.name}: kubeadm init left no ${ADMIN}`)
  await host.makeDirectory('/root/.kube', 0o700)
  await host.writeFileAtomic('/root/.kube/config', admin, 0o600)
}

/** A new token, the hash of the authority, and the key of the certificates, which are uploaded again for two hours. */
export async function credentials(master: NodeHost): Promise<Credentials> {
  const token = (await run(master, ['kubeadm', 'token', 'create', '--ttl', '2h'])).trim()
  const printed = await run(master, ['kubeadm', 'init', 'phase', 'upload-certs', '--upload-certs'])
  const certificateKey = /^[\da-f]{64}$/m.exec(printed)?.[0]
  if (certificateKey === undefined) throw new Error(`${master.name}: kubeadm printed no certificate key`)
  return { token, caCertHashes: [await caHash(master)], certificateKey }
}

/** As kubeadm prints it: SHA-256 of the public key of the authority. */
async function caHash(master: NodeHost): Promise<string> {
  const pem = await master.readFile('/etc/kubernetes/pki/ca.crt')
  if (pem === undefined) throw new Error(`${master.name}: there is no /etc/kubernetes/pki/ca.crt`)
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** Moves the pods of a machine elsewhere, and takes it out of the cluster. */
export async function leaveCluster(master: NodeHost, leaving: NodeHost): Promise<void> {
  const name = (await run(leaving, ['hostname'])).trim().toLowerCase()
  await run(master, [
    ...KUBECTL,
    'drain',
    name,
    '--ignore-daemonsets',
    '--delete-emptydir-data',
    '--timeout=120s',
  ])
  await run(leaving, ['kubeadm', 'reset', '--force'])
  await run(master, [...KUBECTL, 'delete', 'node', name])
}

/** Takes a machine out of the cluster that is not there any more; resolves with the name of its node, where there was one. */
export async function deleteDeadNode(master: NodeHost, address: string): Promise<string | undefined> {
  const printed = await run(master, [...KUBECTL, 'get', 'nodes', '-o', `jsonpath=${NAMES}`])
  const lines = printed.split('\n').map((line) => line.split(' '))
  const name = lines.find(([, ...addresses]) => addresses.includes(address))?.[0]
  // Its pods go with it: kubectl drain would wait for a kubelet that does not answer.
  if (name !== undefined) await run(master, [...KUBECTL, 'delete', 'node', name])
  return name
}
