import { release } from 'node:os'
import type { Ipvs } from '@lvscare/ipvs'
import type { DoctorConfig } from '../../config.ts'
import { moduleState, modulesFolder } from '../../module-state.ts'
import { SettingFile } from '../../path/setting-file.ts'
import { neededModules } from '../checks/modules.ts'
import { neededSettings } from '../checks/sysctls.ts'
import { type KernelFacts, type ModuleState, type NetworkFacts, type Seen, saw, unseen } from '../facts.ts'
import { attempt } from './attempt.ts'

/** Looks at the kernel, its modules and its settings; asking for IPVS has loaded it, and only then it has settings. */
export function gatherKernel(
  config: DoctorConfig,
  ipvs: Seen<Ipvs>,
  network: Seen<NetworkFacts>,
): KernelFacts {
  const disk = modulesFolder()
  return {
    release: release(),
    ipvs: ipvs.seen ? attempt(() => ipvs.value.info()) : ipvs,
    modules: new Map(neededModules(config).map((name) => [name, seenModule(name, disk)])),
    settings: new Map(
      neededSettings(config, network).map((name) => [name, attempt(() => readSetting(name))]),
    ),
  }
}

/** sysctl(8) writes dots for slashes, and a slash for the dot in the name of a link. */
function readSetting(name: string): string | undefined {
  const path = name.replace(/[./]/g, (one) => (one === '.' ? '/' : '.'))
  const file = new SettingFile(`/proc/sys/${path}`)
  const value = file.read()
  file.close()
  return value
}

/** Whether the kernel has a module, or could load it from this folder. */
function seenModule(name: string, disk: string): Seen<ModuleState> {
  const state = moduleState(name, { disk })
  return state === 'unseen' ? unseen(`it is not loaded, and ${disk} cannot be seen`) : saw(state)
}
