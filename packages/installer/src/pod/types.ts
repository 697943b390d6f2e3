import type { Pod, PodSpec, Volume } from 'kubernetes-types/core/v1.js'
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js'

/** Any pod that somebody wrote. */
export type AnyPod = Pod

/** A volume of a static pod: a static pod has no others, for they are objects of the API. */
export type HostPathVolume = Pick<Volume, 'name' | 'hostPath'>

/**
 * A pod as we build it: a `v1` Pod of Kubernetes with those fields only that a static pod of ours may have.
 *
 * So it is assignable to the `V1Pod` of `@kubernetes/client-node` too, whose times are dates and not texts.
 */
export interface V1Pod {
  apiVersion: 'v1'
  kind: 'Pod'
  metadata: Pick<ObjectMeta, 'labels' | 'name' | 'namespace'>
  spec: Pick<
    PodSpec,
    | 'containers'
    | 'enableServiceLinks'
    | 'hostNetwork'
    | 'hostPID'
    | 'priority'
    | 'priorityClassName'
    | 'terminationGracePeriodSeconds'
    | 'tolerations'
  > & { volumes?: HostPathVolume[] }
  /** Empty, where programs in Go write it. */
  status?: Record<string, never>
}
