import { codeOf, SettingError } from '../errors.ts'
import { VS_SETTINGS } from './modules.ts'
import { type Setting, SettingFile } from './setting-file.ts'
import type { Piece, Step } from './step.ts'

/** A setting, and the value it must have. */
export interface WantedSetting {
  /** As sysctl(8) calls it. */
  readonly name: string
  readonly value: string
  /** The path works without it, only not as well. */
  readonly optional: boolean
  readonly setting: Setting
}

/**
 * The settings of IPVS that the guard wants (design, decision 3); kube-proxy's ipvs mode wants the same.
 *
 * `conntrack` only with masquerading, which is never reached without it; and nothing here ever sets it back to 0.
 */
export function wantedSettings(
  masquerade: boolean,
  open: (path: string) => Setting = (path) => new SettingFile(path),
): WantedSetting[] {
  const names = ['expire_nodest_conn', 'expire_quiescent_template', ...(masquerade ? ['conntrack'] : [])]
  return names.map((name) => ({
    name: `net.ipv4.vs.${name}`,
    value: '1',
    // Without connection tracking no packet meets a rule of masquerading.
    optional: name !== 'conntrack',
    setting: open(`${VS_SETTINGS}/${name}`),
  }))
}

/** The settings of the kernel. One that may not be written is said once, and the guard goes on without. */
export class SysctlsPiece implements Piece {
  readonly name = 'sysctls'
  readonly #settings: readonly WantedSetting[]

  /** `settings` come from {@link wantedSettings}. */
  constructor(settings: readonly WantedSetting[]) {
    this.#settings = settings
  }

  plan(): Step[] {
    const steps: Step[] = []
    for (const wanted of this.#settings) {
      const found = wanted.setting.read()
      // A kernel without the setting (too old, or built without NFCT) cannot be given it: that is said where it matters.
      const isMissed = found === undefined ? !wanted.optional : found !== wanted.value
      if (isMissed) steps.push(this.#step(wanted, found ?? 'no such setting'))
    }
    return steps
  }

  /** A setting says nothing about who set it, others want the same, and it harms nobody: it stays. */
  undo(): Step[] {
    return []
  }

  #step({ name, value, optional, setting }: WantedSetting, found: string): Step {
    const apply = (): void => write(name, value, setting)
    return {
      piece: this.name,
      kind: 'set-sysctl',
      subject: `${name}=${value}`,
      found,
      optional,
      apply,
    }
  }
}

function write(name: string, value: string, setting: Setting): void {
  try {
    setting.write(value)
  } catch (error) {
    throw new SettingError(`${name}=${value}`, codeOf(error) ?? 'error', error)
  }
}
