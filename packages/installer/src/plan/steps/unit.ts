import type { NodeHost } from '../../host/host.ts'
import { UNIT_NAME } from '../../node/paths.ts'
import { ASK_MS, ask } from '../observe/ask.ts'
import type { PlanStep } from '../step.ts'
import { type FileChange, fileStep } from './file.ts'
import { run } from './kernel.ts'

const IS_ENABLED = ['systemctl', 'is-enabled', UNIT_NAME]

const DISABLE = ['systemctl', 'disable', UNIT_NAME]

const ENABLED = 'enabled'

/** Is the unit started at boot? False when that cannot be found out. */
export async function isUnitEnabled(host: NodeHost): Promise<boolean> {
  return (await ask(host, IS_ENABLED))?.trim() === ENABLED
}

/** Writes the unit and has it started at boot, or takes both back. */
export function unitStep(host: NodeHost, change: FileChange, enabled: boolean): PlanStep {
  const file = fileStep(host, change)
  const { before, after } = change
  /** Where systemd cannot be asked, nothing is written, and nothing could be taken back. */
  let isBegun = false
  return {
    ...file,
    title: `${file.title}, ${after === undefined ? 'disable' : 'enable'} it`,
    run: async (signal) => {
      isBegun = false
      const wasEnabled = await isEnabledNow(host)
      isBegun = true
      // While the file is there: systemd reads in it what to take away.
      if (after === undefined && wasEnabled) await run(host, DISABLE)
      await file.run(signal)
      await reload(host)
      if (after !== undefined) await run(host, ['systemctl', 'enable', UNIT_NAME], signal)
    },
    undo: async () => {
      if (!isBegun) return
      if ((before === undefined || !enabled) && (await isEnabledNow(host))) await run(host, DISABLE)
      await file.undo?.()
      await reload(host)
      if (before !== undefined && enabled) await run(host, ['systemctl', 'enable', UNIT_NAME])
    },
  }
}

/** Asked again, and not taken for disabled when the answer is missing. */
async function isEnabledNow(host: NodeHost): Promise<boolean> {
  const { stdout } = await host.exec(IS_ENABLED, { timeoutMs: ASK_MS })
  return stdout.trim() === ENABLED
}

/** Where systemd is not what runs the machine, such as in an image that is being built, nothing has to be told (sd_booted(3)). */
async function reload(host: NodeHost): Promise<void> {
  const isBooted = (await ask(host, ['test', '-d', '/run/systemd/system'])) !== undefined
  if (isBooted) await run(host, ['systemctl', 'daemon-reload'])
}
