/** A release of Kubernetes. */
export interface KubernetesVersion {
  readonly minor: number
  readonly patch: number
  /** As kubeadm writes it: `v1.31.4`. */
  readonly text: string
}

/** Reads `v1.31.4`, `1.31.4` or `1.31`; throws RangeError with the rule that the text breaks. */
export function parseVersion(text: string): KubernetesVersion {
  const match = /^v?1\.(\d{1,3})(?:\.(\d{1,4}))?(-[\da-z.-]+)?$/i.exec(text)
  if (match === null) throw new RangeError('must be a release of Kubernetes, such as v1.31.4')
  const [, minor = '', patch = '0', suffix = ''] = match
  return { minor: Number(minor), patch: Number(patch), text: `v1.${Number(minor)}.${Number(patch)}${suffix}` }
}

/** True from the first release of 1.`minor` on; its previews count as that release. */
export function atLeast(version: KubernetesVersion, minor: number): boolean {
  return version.minor >= minor
}
