import type { KubernetesVersion } from '../config/version.ts'
import { ConfigError, type Problem } from '../errors.ts'

/** Versions of the configuration API of kubeadm (group kubeadm.k8s.io), oldest first. */
export const KUBEADM_API_VERSIONS = ['v1beta1', 'v1beta2', 'v1beta3', 'v1beta4'] as const

/** One of {@link KUBEADM_API_VERSIONS}. */
export type KubeadmApiVersion = (typeof KUBEADM_API_VERSIONS)[number]

/** The newest minor release whose kubeadm this package knows. */
export const NEWEST_RELEASE = 36

/** The oldest minor release whose kubeadm this package knows. */
export const OLDEST_RELEASE = 13

/** First and last minor release whose kubeadm reads each version. */
const READ_BY: Readonly<Record<KubeadmApiVersion, readonly [first: number, last: number]>> = {
  v1beta1: [OLDEST_RELEASE, 21],
  v1beta2: [15, 26],
  v1beta3: [22, 36],
  v1beta4: [31, NEWEST_RELEASE],
}

/** Every version that the kubeadm of a release reads, newest first; none for a release that is not known here. */
export function kubeadmApiVersions(version: KubernetesVersion): readonly KubeadmApiVersion[] {
  return KUBEADM_API_VERSIONS.filter((api) => isReadBy(api, version)).reverse()
}

/** The newest version that the kubeadm of a release reads; `undefined` for a release that is not known here. */
export function kubeadmApiVersion(version: KubernetesVersion): KubeadmApiVersion | undefined {
  return kubeadmApiVersions(version)[0]
}

/** The version to write for a release: `wanted`, or the newest. Throws {@link ConfigError} where the release does not read it. */
export function chooseApiVersion(version: KubernetesVersion, wanted?: KubeadmApiVersion): KubeadmApiVersion {
  const known = kubeadmApiVersions(version)
  const newest = known[0]
  if (newest === undefined) throw new ConfigError([unknownRelease(version)])
  if (wanted === undefined || known.includes(wanted)) return wanted ?? newest
  const rule = `must be one that the kubeadm of ${version.text} reads: ${known.join(', ')}`
  throw new ConfigError([{ path: 'apiVersion', value: wanted, rule }])
}

function isReadBy(api: KubeadmApiVersion, { minor }: KubernetesVersion): boolean {
  const [first, last] = READ_BY[api]
  return minor >= first && minor <= last
}

function unknownRelease({ text }: KubernetesVersion): Problem {
  const rule = `must be a release from v1.${OLDEST_RELEASE} to v1.${NEWEST_RELEASE}: the configuration of other kubeadms is not known here`
  return { path: 'kubernetesVersion', value: text, rule }
}
