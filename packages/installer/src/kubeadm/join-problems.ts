import { parseEndpoint, parsePort } from 'lvscare'
import type { InstallerConfig } from '../config/config.ts'
import { Problems } from '../config/problems.ts'
import { atLeast, type KubernetesVersion } from '../config/version.ts'
import type { Problem } from '../errors.ts'
import type { KubeadmApiVersion } from './api-version.ts'
import type { JoinOptions } from './join.ts'

/** Everything that is wrong with a join; tokens and keys are secrets and never shown. `endpoint`: where it would join. */
export function joinProblems(
  config: InstallerConfig,
  version: KubernetesVersion,
  api: KubeadmApiVersion,
  join: JoinOptions,
  endpoint: string | undefined,
): readonly Problem[] {
  const problems = new Problems()
  checkRole(config, join, endpoint, problems)
  checkEndpoint(endpoint, problems)
  checkSecrets(join, problems)
  checkCertificateKey(config, version, api, join, problems)
  return problems.found
}

function checkRole(
  { role, servers, nodeAddress }: InstallerConfig,
  { endpoint: wanted }: JoinOptions,
  endpoint: string | undefined,
  problems: Problems,
): void {
  if (role === 'first-control-plane')
    problems.add('role', role, 'must be worker or control-plane: the first control plane makes the cluster')
  else if (role === 'control-plane' && wanted === undefined && servers[0]?.address === nodeAddress)
    problems.add('servers[0]', endpoint, 'must be another node: a control plane joins through the first one')
}

function checkEndpoint(endpoint: string | undefined, problems: Problems): void {
  if (endpoint === undefined) {
    problems.add('servers', [], 'must have a server, or the join must have an endpoint')
    return
  }
  problems.read('join.endpoint', endpoint, () => {
    const [, port] = /^[a-z](?:[\w.-]*\w)?:(\d+)$/i.exec(endpoint) ?? []
    return port === undefined ? parseEndpoint(endpoint) : parsePort(port)
  })
}

function checkSecrets({ token, caCertHashes }: JoinOptions, problems: Problems): void {
  if (!/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(token))
    problems.add('join.token', undefined, 'must be 6 letters or digits, a dot, and 16 letters or digits')
  if (caCertHashes.length === 0)
    problems.add('join.caCertHashes', [], 'must have one: kubeadm would trust whoever answers')
  for (const [index, hash] of caCertHashes.entries()) {
    if (!/^sha256:[\da-f]{64}$/i.test(hash))
      problems.add(`join.caCertHashes[${index}]`, hash, 'must be sha256: and 64 hex digits')
  }
}

function checkCertificateKey(
  { role }: InstallerConfig,
  version: KubernetesVersion,
  api: KubeadmApiVersion,
  { certificateKey: key }: JoinOptions,
  problems: Problems,
): void {
  if (key === undefined) return
  const wrong = (rule: string): void => problems.add('join.certificateKey', undefined, rule)
  if (!/^[\da-f]{64}$/i.test(key)) wrong('must be 64 hex digits')
  if (role === 'worker') wrong('must be left out: it is for control planes')
  if (!atLeast(version, 14))
    wrong(`must be left out: ${version.text} uploads no certificates, copy /etc/kubernetes/pki instead`)
  else if (api === 'v1beta1' && atLeast(version, 15))
    wrong(`must be left out: v1beta1 has no field for it, and ${version.text} takes no argument`)
}
