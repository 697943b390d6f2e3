import { sealosArguments } from '../config/arguments.ts'
import type { InstallerConfig } from '../config/config.ts'
import { entersNamespaces, guardContainer, NAMESPACE } from './guard-container.ts'
import { fileMounts, mounted } from './mounts.ts'
import type { V1Pod } from './types.ts'

/** Sealos' known-good manifest, field for field; only flags that it does not know add something. */
export function sealosPod(config: InstallerConfig): V1Pod {
  const files = fileMounts(config)
  const { container, spec } = mounted(
    [{ mountPath: '/lib/modules', name: 'lib-modules', readOnly: true }, ...files.mounts],
    [{ hostPath: { path: '/lib/modules', type: '' }, name: 'lib-modules' }, ...files.volumes],
  )
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: config.podName, namespace: NAMESPACE },
    spec: {
      containers: [
        {
          ...guardContainer(config, sealosArguments(config)),
          resources: {},
          securityContext: { privileged: true },
          ...container,
        },
      ],
      hostNetwork: true,
      ...(entersNamespaces(config) ? { hostPID: true } : {}),
      ...spec,
    },
    status: {},
  }
}
