import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { VIRTUAL } from './cluster.ts'
import { outcome } from './exec.ts'
import type { KubeCluster } from './kube-cluster.ts'
import type { NodeWorld } from './node-world.ts'
import { program } from './programs.ts'

/** Ranges in which the virtual IP is not. */
const SUBNETS = ['--pod-subnet', '100.64.0.0/10', '--service-subnet', '10.96.0.0/22']

/** Where the manifest of the guard is. */
export const MANIFEST = '/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml'

/** How a run of the command line ended. */
export type Run = ReturnType<typeof outcome>

/** Runs `lvscare-installer` on a node, as its operator would. */
export function installer(node: NodeWorld, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  return node.outcome([process.execPath, program('installer'), ...args], env)
}

/** The same, while the test goes on. */
export async function installerBeside(
  node: NodeWorld,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Run> {
  const child = node.spawn([process.execPath, program('installer'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  if (child.stdout === null || child.stderr === null) throw new Error('the installer has no output')
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await once(child, 'exit')) as [number | null]
  const [stdout, stderr] = await output
  return { code, stdout, stderr }
}

/** Runs it on this machine, for nodes elsewhere. */
export function installerHere(...args: readonly string[]): Run {
  return outcome([process.execPath, program('installer'), ...args], { timeout: 120_000 })
}

/** The run, which must have ended with that code. */
export function ended(run: Run, code: number): Run {
  if (run.code === code) return run
  throw new Error(`lvscare-installer ended with ${run.code}, not ${code}:\n${run.stdout}\n${run.stderr}`)
}

/** The codes of what `verify --json` or `validate --json` found. */
export function findingCodes(
  { stdout }: Run,
  severities: readonly string[] = ['warning', 'error'],
): string[] {
  const { nodes } = JSON.parse(stdout) as { nodes: { findings: { code: string; severity: string }[] }[] }
  const found = nodes
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severities.includes(severity))
  return found.map(({ code }) => code)
}

/** What every node of a cluster is told: its masters (all, if none is named) and its authority. */
export function clusterFlags(cluster: KubeCluster, ...masters: readonly string[]): string[] {
  const ca = join(tmpdir(), 'lvscare-cluster-ca.pem')
  writeFileSync(ca, cluster.authority.cert)
  return [...masterFlags(cluster, ...masters), ...SUBNETS, '--ca', ca, '--kubernetes-version', 'v1.31.4']
}

/** `--master` for each of these, or for all. */
export function masterFlags(cluster: KubeCluster, ...masters: readonly string[]): string[] {
  return cluster.endpoints(...masters).flatMap((endpoint) => ['--master', endpoint])
}

/** What a new node is told to join the cluster through the virtual IP. */
export function joinFlags(cluster: KubeCluster, token: string): string[] {
  return [VIRTUAL.v4, '--token', token, '--discovery-token-ca-cert-hash', cluster.caHash]
}
