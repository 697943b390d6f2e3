import type { Container, Probe } from 'kubernetes-types/core/v1.js'
import type { CareConfig, Endpoint } from 'lvscare'

/** What stands for every address of the node. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/**
 * How kubelet asks the guard at the address where it serves its metrics; nothing where it serves none.
 *
 * Over HTTPS kubelet takes any certificate, and shows none.
 *
 * A guard that is started anew does no harm: the rule stays in the kernel meanwhile. But it must be stuck, not slow.
 */
export function guardProbes(
  care: Pick<CareConfig, 'metricsAddress' | 'metricsTls'> | undefined,
): Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const address = care?.metricsAddress
  if (address === undefined) return {}
  const scheme = care?.metricsTls === undefined ? {} : { scheme: 'HTTPS' }
  const ask = (path: string, periodSeconds: number, failureThreshold: number): Probe => ({
    failureThreshold,
    httpGet: { host: hostOf(address), path, port: address.port, ...scheme },
    periodSeconds,
    timeoutSeconds: 5,
  })
  return {
    startupProbe: ask('/healthz', 2, 30),
    livenessProbe: ask('/healthz', 10, 6),
    readinessProbe: ask('/readyz', 5, 2),
  }
}

/** kubelet asks from the network of the node, where the guard is too; without a host it would ask the node's address. */
function hostOf({ address }: Endpoint): string {
  return WILDCARDS.has(address) ? '127.0.0.1' : address
}
