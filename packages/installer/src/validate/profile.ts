import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { GUARD_FLAGS } from '../config/guard-flags.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'sealos-privileged': {
    severity: 'warning',
    why: 'its container may do anything on the node, and has neither probes nor limits',
    fix: 'Use the profile hardened, unless the manifest must be as sealos has it.',
  },
  'sealos-unknown-flag': {
    severity: 'warning',
    why: 'the lvscare in this image does not know it, and would end at once',
    fix: 'Leave the flag out, or use the image of this project.',
  },
} as const

/** Findings about the profile of the static pod. */
export const PROFILE_KINDS: FindingKinds = KINDS

/** The flags of sealos' own lvscare before v2 (cmd/care.go of labring/lvscare), besides `vs`, `rs` and `run-once`. */
const OLD_SEALOS_FLAGS: ReadonlySet<string> = new Set(['health-path', 'health-scheme', 'interval'])

/** The flags of sealos' own lvscare of today, in the words of ours. */
const SEALOS_FLAGS: ReadonlySet<string> = new Set([
  'scheduler',
  'mode',
  'iface',
  'masqueradebit',
  'health-path',
  'health-scheme',
  'health-req-method',
  'health-req-body',
  'health-req-headers',
  'health-status',
  'health-insecure-skip-verify',
  'health-timeout',
  'interval',
  'logger',
])

const report = reporter(KINDS)

/** What does it mean to have the static pod as sealos has it? */
export function profileFindings(config: InstallerConfig): InstallerFinding[] {
  const { profile, image, guard } = config
  if (profile !== 'sealos' || !isGuarded(config)) return []
  const privileged = report('sealos-privileged', 'profile', 'the pod is privileged in the profile sealos')
  const known = knownFlags(image)
  if (known === undefined) return [privileged]
  const unknown = GUARD_FLAGS.filter(({ name }) => guard.flags.has(name) && !known.has(name))
  return [
    privileged,
    ...unknown.map(({ name }) =>
      report('sealos-unknown-flag', `guard.${name}`, `--${name} is set for ${image}`),
    ),
  ]
}

/** `undefined` for an image that is none of sealos' own. */
function knownFlags(image: string): ReadonlySet<string> | undefined {
  const match = /(?:^|\/)(?:labring|sealos|fanux)\/lvscare(?:$|@|:(?<tag>[^@]*))/.exec(image)
  if (match === null) return undefined
  return match.groups?.['tag']?.startsWith('v1.') === true ? OLD_SEALOS_FLAGS : SEALOS_FLAGS
}
