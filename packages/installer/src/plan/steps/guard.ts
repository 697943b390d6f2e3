import type { InstallerConfig } from '../../config/config.ts'
import { CheckError } from '../../errors.ts'
import type { NodeHost } from '../../host/host.ts'
import { guardDiffers, hasGuard } from '../observe/rule.ts'
import type { PlanStep } from '../step.ts'
import { type Waiting, waitUntil } from '../wait.ts'

/** How long, and how often is looked. */
export type Patience = Omit<Waiting, 'signal'>

/** Waits until the guard that runs is the one that the manifest describes, and the rule has nobody else. */
export function followStep(
  host: NodeHost,
  config: InstallerConfig,
  before: string | undefined,
  patience: Patience,
): PlanStep {
  const { virtual } = config
  return {
    id: `guard ${virtual.text}`,
    kind: 'guard',
    title: `wait for the guard of ${virtual.text} to take over its new manifest`,
    before,
    after: 'the guard and the rule are as configured',
    reversible: false,
    run: async (signal) => {
      const look = async (): Promise<string | undefined> =>
        guardDiffers(await host.rule.observe(virtual), config)
      const missing = await waitUntil(look, { ...patience, signal })
      if (missing !== undefined)
        throw new CheckError(`${host.name}: ${afterTime(patience)} ${missing}${HINT}`)
    },
  }
}

/** Waits until the guard of a virtual server is gone, after its manifest was removed. */
export function goneStep(
  host: NodeHost,
  { virtual }: Pick<InstallerConfig, 'virtual'>,
  patience: Patience,
): PlanStep {
  return {
    id: `guard ${virtual.text}`,
    kind: 'guard',
    title: `wait for the guard of ${virtual.text} to go`,
    before: 'running',
    after: undefined,
    reversible: false,
    run: async (signal) => {
      const look = async (): Promise<string | undefined> => {
        const report = await host.rule.observe(virtual)
        return hasGuard(report) ? `the guard (pid ${report?.guard?.pid ?? 'unknown'}) still runs` : undefined
      }
      const missing = await waitUntil(look, { ...patience, signal })
      if (missing !== undefined)
        throw new CheckError(`${host.name}: ${afterTime(patience)} ${missing}${HINT}`)
    },
  }
}

const HINT = ': is kubelet running, and is it its static pod?'

function afterTime({ limitMs }: Patience): string {
  return `after ${Math.round(limitMs / 1000)} s`
}
