import type { DoctorConfig } from '../../config.ts'
import type { Facts, ModuleState, Seen } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const KINDS = {
  'ipvs-ok': { severity: 'ok', meaning: 'The kernel has IPVS, and this process may use it.' },
  'ipvs-missing': {
    severity: 'error',
    meaning: 'The kernel has no IPVS and could load no module for it: there can be no rule.',
    advice:
      'On the host; if it fails, install the modules of the running kernel (`uname -r`). The container ' +
      'needs none of them.',
    command: 'modprobe ip_vs',
  },
  'ipvs-no-privilege': {
    severity: 'error',
    meaning:
      'IPVS may not even be read without CAP_NET_ADMIN in the initial user namespace: the guard would ' +
      'fail, and the doctor sees no rule.',
    advice:
      'Run it as root on the host; in a pod set `privileged: true` or add NET_ADMIN, and no `hostUsers: false`.',
  },
  'ipvs-unreadable': {
    severity: 'error',
    meaning: 'IPVS did not answer as it should: the guard would fail too.',
    advice: 'Look up the code of the error in docs/errors.md, and into the kernel log (`dmesg`).',
  },
  'module-ok': { severity: 'ok', meaning: 'The kernel has it, or can load it when it is asked for.' },
  'module-missing': {
    severity: 'error',
    meaning: 'The kernel has no such module and can load none: what needs it will fail.',
    advice:
      'Install the modules of the running kernel on the host (`uname -r`). For `ip_vs_*` another ' +
      '--scheduler does as well.',
    command: 'modprobe {module}',
  },
  'module-unseen': {
    severity: 'note',
    meaning: 'It is not loaded, and whether the kernel could load it cannot be seen from here.',
    advice: 'On the host; the kernel does it by itself when the rule is set.',
    command: 'modprobe {module}',
  },
} as const

/** Findings about IPVS itself and the modules beside it. */
export const MODULE_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'modules')

/** Modules that a configuration needs beside ip_vs. */
export function neededModules({ scheduler, mode, masquerade }: DoctorConfig): string[] {
  return [
    `ip_vs_${scheduler}`,
    ...(mode === 'link' ? ['dummy'] : []),
    ...(masquerade ? ['nf_tables', 'nft_chain_nat', 'nft_masq', 'nft_ct'] : []),
  ]
}

/** Is IPVS there, with the privilege to use it and the modules it needs? */
export function moduleFindings({ kernel: { ipvs, modules } }: Facts): Finding[] {
  return [ipvsFinding(ipvs), ...[...modules].map(([name, state]) => moduleFinding(name, state))]
}

function ipvsFinding(ipvs: Facts['kernel']['ipvs']): Finding {
  if (ipvs.seen) {
    const { version, connectionTableSize } = ipvs.value
    return report('ipvs-ok', `IPVS ${version}, ${connectionTableSize} buckets for connections`)
  }
  if (ipvs.code === 'ERR_IPVS_UNAVAILABLE') return report('ipvs-missing', ipvs.why)
  if (ipvs.code === 'ERR_IPVS_NO_PRIVILEGE') return report('ipvs-no-privilege', ipvs.why)
  return report('ipvs-unreadable', ipvs.why)
}

function moduleFinding(module: string, state: Seen<ModuleState>): Finding {
  if (!state.seen) return report('module-unseen', `${module}: ${state.why}`, { module })
  if (state.value === 'absent') return report('module-missing', `${module} is not on this host`, { module })
  return report('module-ok', `${module} is ${state.value}`)
}
