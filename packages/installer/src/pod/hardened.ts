import type { Container, SecurityContext } from 'kubernetes-types/core/v1.js'
import { guardArguments } from '../config/arguments.ts'
import type { InstallerConfig } from '../config/config.ts'
import { entersNamespaces, guardContainer, NAMESPACE } from './guard-container.ts'
import { fileMounts, mounted } from './mounts.ts'
import { guardProbes } from './probes.ts'
import type { V1Pod } from './types.ts'

/** The labels by which the guard's pods are found: those that Kubernetes recommends. */
export const LABELS: Readonly<Record<string, string>> = {
  'app.kubernetes.io/component': 'apiserver-guard',
  'app.kubernetes.io/managed-by': 'lvscare-installer',
  'app.kubernetes.io/name': 'lvscare',
}

/** A guard with nothing that it does not need. No field refers to an object of the API, which a static pod must not do. */
export function hardenedPod(config: InstallerConfig): V1Pod {
  const { mounts, volumes } = fileMounts(config)
  const { container, spec } = mounted(mounts, volumes)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: config.podName, namespace: NAMESPACE, labels: { ...LABELS } },
    spec: {
      containers: [{ ...hardenedContainer(config), ...container }],
      enableServiceLinks: false,
      hostNetwork: true,
      // The namespaces of pods are found by their processes.
      ...(entersNamespaces(config) ? { hostPID: true } : {}),
      // The number too: kubelet goes by it when the node is shut down, and nobody fills it in for a static pod.
      priority: 2_000_001_000,
      priorityClassName: 'system-node-critical',
      terminationGracePeriodSeconds: 10,
      tolerations: [{ operator: 'Exists' }],
      ...spec,
    },
  }
}

function hardenedContainer(config: InstallerConfig): Container {
  return {
    ...guardContainer(config, guardArguments(config)),
    ...guardProbes(config.guard.care),
    resources: {
      // No limit of processor time: a guard that is throttled is late when it matters.
      limits: { memory: '256Mi' },
      requests: { cpu: '25m', memory: '64Mi' },
    },
    securityContext: securityContext(config),
  }
}

/** Root, because only root has capabilities in a container; CAP_NET_ADMIN is for IPVS, routes and sockets. */
function securityContext(config: InstallerConfig): SecurityContext {
  const common: SecurityContext = {
    readOnlyRootFilesystem: true,
    runAsGroup: 0,
    runAsUser: 0,
    seccompProfile: { type: 'RuntimeDefault' },
  }
  if (!entersNamespaces(config)) {
    return {
      ...common,
      allowPrivilegeEscalation: false,
      capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
    }
  }
  // SYS_PTRACE to look at the namespaces of others' processes, SYS_ADMIN to enter them. Kubernetes says that with the
  // latter escalation is always allowed, so saying otherwise may be refused.
  return { ...common, capabilities: { add: ['NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE'], drop: ['ALL'] } }
}
