import type { Facts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const KINDS = {
  'kernel-ok': { severity: 'ok', meaning: 'It has everything the rule needs.' },
  'kernel-old': {
    severity: 'warning',
    meaning:
      'Before Linux 5.9 the connections of a removed server are not given up at once but with the next ' +
      'packet of each client, and with conntrack=1 a client that uses its port again waits a second.',
    advice: 'Use Linux 5.9 or newer.',
  },
  'kernel-unknown': {
    severity: 'note',
    meaning: 'Whether this kernel is new enough cannot be said.',
    advice: 'Compare it with Linux 5.9 yourself.',
  },
} as const

/** Findings about the kernel's version. */
export const KERNEL_KINDS: Kinds = KINDS

/** The first version that gives the connections of a removed server up at once (expire_nodest_conn). */
const WANTED = [5, 9] as const

/** Major and minor number of a kernel's release, such as `6.1.0-50-amd64`. */
export function kernelVersion(release: string): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? []
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)]
}

/** True for a kernel of this version or a newer one. */
export function isNewEnough([major, minor]: readonly [number, number]): boolean {
  return major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])
}

/** Is the kernel new enough? */
export function kernelFindings({ kernel: { release } }: Facts): Finding[] {
  const report = reporter(KINDS, 'kernel')
  const version = kernelVersion(release)
  if (version === undefined) return [report('kernel-unknown', `its release is ${JSON.stringify(release)}`)]
  const code = isNewEnough(version) ? 'kernel-ok' : 'kernel-old'
  return [report(code, `Linux ${release}`)]
}
