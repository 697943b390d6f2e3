import type { Container } from 'kubernetes-types/core/v1.js'
import type { InstallerConfig } from '../config/config.ts'
import { withoutExpansion } from './expansion.ts'

/** Where the image has the guard. */
export const GUARD_PROGRAM = '/usr/bin/lvscare'

/** The variable with the node's address. */
export const NODE_ADDRESS_VARIABLE = 'LVSCARE_NODE_IP'

/** Namespace of the pod: that of whatever a cluster cannot do without. */
export const NAMESPACE = 'kube-system'

/** What the guard's container has in every profile. */
export function guardContainer(config: InstallerConfig, argv: readonly string[]): Container {
  const { nodeAddress, image, podName } = config
  return {
    args: argv.map(withoutExpansion),
    command: [GUARD_PROGRAM],
    ...(nodeAddress === undefined ? {} : { env: [{ name: NODE_ADDRESS_VARIABLE, value: nodeAddress }] }),
    image,
    imagePullPolicy: 'IfNotPresent',
    name: podName,
  }
}

/** True for a guard that ends connections of pods too: it has to see every process of the node. */
export function entersNamespaces({ guard }: InstallerConfig): boolean {
  return guard.care?.failover.reset === 'all'
}
