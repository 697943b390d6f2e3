import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './errors.ts'

/** Where the kernel and the disk tell of modules; a test hands in its own. */
export interface ModulePaths {
  /** @default '/sys/module' */
  readonly loaded?: string
  /** @default the folder of the running kernel's modules */
  readonly disk?: string
}

/** `loaded` or built in; `available`: the kernel can load it from the disk; `unseen`: not loaded, and the disk is not to be seen. */
export type ModuleState = 'loaded' | 'available' | 'absent' | 'unseen'

/** Whether the kernel has a module, or could load it from the disk; a container often does not see that. */
export function moduleState(name: string, paths: ModulePaths = {}): ModuleState {
  const { loaded = '/sys/module', disk = modulesFolder() } = paths
  if (existsSync(join(loaded, name))) return 'loaded'
  const file = new RegExp(`(^|/)${name}\\.ko`, 'm')
  if (file.test(textOf(join(disk, 'modules.builtin')))) return 'loaded'
  const known = textOf(join(disk, 'modules.dep'))
  if (known === '') return 'unseen'
  return file.test(known) ? 'available' : 'absent'
}

/** The folder of the running kernel's modules. */
export function modulesFolder(): string {
  return `/lib/modules/${textOf('/proc/sys/kernel/osrelease').trim()}`
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return ''
  }
}
