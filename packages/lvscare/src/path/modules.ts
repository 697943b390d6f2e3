import type { Ipvs } from '@lvscare/ipvs'
import type { Setting } from './setting-file.ts'
import type { Piece, Step } from './step.ts'

/** The folder of IPVS' settings: it is there exactly while the module is loaded (ip_vs_ctl.c). */
export const VS_SETTINGS = '/proc/sys/net/ipv4/vs'

/** What the modules piece looks at, so that a test can hand in its own. */
export interface Modules {
  /** Cheap: asked on every pass. */
  readonly isLoaded: () => boolean
  /** Has the kernel load what it needs for IPVS; throws when it cannot. */
  readonly load: () => void
}

/**
 * The modules of this machine's kernel, with one of IPVS' settings to know whether it is there.
 *
 * A request for IPVS makes the kernel load it, whatever our privileges.
 */
export function kernelModules(ipvs: Pick<Ipvs, 'info'>, setting: Pick<Setting, 'read'>): Modules {
  return { isLoaded: () => setting.read() !== undefined, load: () => void ipvs.info() }
}

/** The kernel module of IPVS: gone only when somebody emptied the table and unloaded it. */
export class ModulesPiece implements Piece {
  readonly name = 'modules'
  readonly #modules: Modules
  /** IPVS answers, but shows no folder: /proc is not what it usually is, and says nothing about the module. */
  #blind = false

  /** `modules` asks and loads; {@link kernelModules} is the real one. */
  constructor(modules: Modules) {
    this.#modules = modules
  }

  plan(): Step[] {
    if (this.#blind || this.#modules.isLoaded()) return []
    return [
      {
        piece: this.name,
        kind: 'load-module',
        subject: 'ip_vs',
        found: 'nothing',
        apply: () => this.#load(),
      },
    ]
  }

  /** Other services may need the module, and the kernel keeps it while they do. */
  undo(): Step[] {
    return []
  }

  #load(): void {
    this.#modules.load()
    this.#blind = !this.#modules.isLoaded()
  }
}
