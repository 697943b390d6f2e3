// Plays kubeadm: it checks what the real one needs of a node and its cluster, and leaves behind what the real one leaves.
// KUBEADM_VERSION is its release.
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { stringify } from 'yaml'
import { type Arguments, CALLS, KubeadmError, readArguments, readConfig } from './kubeadm-arguments.ts'
import { bootstrap, type Cluster, type Discovery, discover } from './kubeadm-discovery.ts'
import { COMPONENTS, preflight } from './kubeadm-preflight.ts'

const KUBERNETES = '/etc/kubernetes'
const MANIFESTS = `${KUBERNETES}/manifests`
const KUBELET_CONFIG = '/var/lib/kubelet/config.yaml'

const version = process.env['KUBEADM_VERSION'] ?? 'v1.31.4'
const minor = Number(version.split('.')[1])

function write(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, text, { mode })
}

function ignored({ flags }: Arguments, config: Readonly<Record<string, unknown>> = {}): string[] {
  const { ignorePreflightErrors = [] } = (config['nodeRegistration'] ?? {}) as {
    ignorePreflightErrors?: string[]
  }
  return [
    ...(flags.get('ignore-preflight-errors') ?? []).flatMap((text) => text.split(',')),
    ...ignorePreflightErrors,
  ]
}

/** What the flags say, or the file of `--config`. */
function discoveryOf(
  { words, flags }: Arguments,
  config: Readonly<Record<string, unknown>> | undefined,
): Discovery {
  if (config === undefined) {
    return {
      endpoint: words[1] ?? '',
      token: flags.get('token')?.[0] ?? '',
      hashes: flags.get('discovery-token-ca-cert-hash') ?? [],
      unsafe: flags.has('discovery-token-unsafe-skip-ca-verification'),
    }
  }
  const { bootstrapToken = {} } = (config['discovery'] ?? {}) as { bootstrapToken?: Record<string, unknown> }
  return {
    endpoint: String(bootstrapToken['apiServerEndpoint'] ?? ''),
    token: String(bootstrapToken['token'] ?? ''),
    hashes: (bootstrapToken['caCertHashes'] ?? []) as string[],
    unsafe: bootstrapToken['unsafeSkipCAVerification'] === true,
  }
}

async function join(given: Arguments): Promise<void> {
  const [file] = given.flags.get('config') ?? []
  const config = file === undefined ? undefined : readConfig(file, 'JoinConfiguration', minor)
  const controlPlane = given.flags.has('control-plane') || config?.['controlPlane'] !== undefined
  const discovery = discoveryOf(given, config)
  if (discovery.endpoint === '') throw new KubeadmError('discovery: Invalid value: "": no endpoint to join')
  preflight('join', minor, controlPlane, ignored(given, config))
  console.log('[preflight] Running pre-flight checks')
  const cluster = await discover(discovery)
  if (controlPlane) requireCertificateKey(given, config)
  await bootstrap(cluster)
  leaveBehind(cluster, controlPlane)
  console.log('This node has joined the cluster:')
}

function requireCertificateKey(
  { flags }: Arguments,
  config: Readonly<Record<string, unknown>> | undefined,
): void {
  const { certificateKey } = (config?.['controlPlane'] ?? {}) as { certificateKey?: string }
  const key = flags.get('certificate-key')?.[0] ?? certificateKey ?? ''
  if (!/^[0-9a-f]{64}$/.test(key))
    throw new KubeadmError('error decoding certificate key: it must be 32 bytes in hex')
}

/** With the last file kubelet begins to work. */
function leaveBehind({ ca, server }: Cluster, controlPlane: boolean): void {
  write(`${KUBERNETES}/pki/ca.crt`, ca, 0o644)
  write(`${KUBERNETES}/kubelet.conf`, stringify({ apiVersion: 'v1', kind: 'Config', server }))
  mkdirSync(MANIFESTS, { recursive: true, mode: 0o700 })
  if (controlPlane) for (const name of COMPONENTS) write(`${MANIFESTS}/${name}.yaml`, component(name))
  write(KUBELET_CONFIG, stringify({ kind: 'KubeletConfiguration', staticPodPath: MANIFESTS }), 0o644)
}

function component(name: string): string {
  const spec = { hostNetwork: true, containers: [{ name, image: 'none', command: [name] }] }
  return stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'kube-system' }, spec })
}

/** The first control plane: its apiserver and its authority are the test's, LAB_CA is the file with the latter. */
async function init(given: Arguments): Promise<void> {
  const [file = ''] = given.flags.get('config') ?? []
  const config = readConfig(file, 'ClusterConfiguration', minor)
  readConfig(file, 'InitConfiguration', minor)
  preflight('init', minor, true, ignored(given))
  const cluster = {
    ca: readFileSync(process.env['LAB_CA'] ?? '', 'utf8'),
    server: `https://${config?.['controlPlaneEndpoint']}`,
  }
  await bootstrap(cluster)
  leaveBehind(cluster, true)
  write(`${KUBERNETES}/admin.conf`, stringify({ apiVersion: 'v1', kind: 'Config', server: cluster.server }))
  console.log('Your Kubernetes control-plane has initialized successfully!')
}

/** Kubelet is stopped, and with it every pod; rules, routes and /etc/hosts stay as they are. */
function reset(): void {
  for (const path of [MANIFESTS, `${KUBERNETES}/pki`]) rmSync(path, { recursive: true, force: true })
  for (const name of ['admin.conf', 'kubelet.conf', 'bootstrap-kubelet.conf'])
    rmSync(`${KUBERNETES}/${name}`, { force: true })
  for (const path of [MANIFESTS, `${KUBERNETES}/pki`]) mkdirSync(path, { mode: 0o700 })
  rmSync('/var/lib/kubelet', { recursive: true, force: true })
}

async function main(argv: readonly string[]): Promise<void> {
  appendFileSync(CALLS, `${JSON.stringify(argv)}\n`)
  const given = readArguments(argv)
  const [command] = given.words
  if (command === 'version') console.log(version)
  else if (command === 'join') await join(given)
  else if (command === 'init') await init(given)
  else if (command === 'reset') reset()
  else throw new KubeadmError(`unknown command "${command}" for "kubeadm"`)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof KubeadmError ? error.exitCode : 1
})
