import { nodeSignal } from '../cluster/fleet.ts'
import { rawConfig } from '../config/parse.ts'
import { InstallerUsageError } from '../errors.ts'
import { refuse } from '../plan/apply.ts'
import { planUninstall } from '../plan/uninstall.ts'
import { planUpdate } from '../plan/update.ts'
import { configOf, saysConfig } from './config-input.ts'
import type { ExitStatus } from './host.ts'
import { onNodes } from './nodes.ts'
import { carriedOut } from './plan-work.ts'
import { isOn, numberOf, type Session } from './session.ts'
import { targetsOf } from './targets.ts'

/** `update`: another list of apiservers. Nothing is changed on any node before it is healthy as seen from all of them. */
export async function runUpdate(session: Session): Promise<ExitStatus> {
  const { flags, host } = session
  if (!flags.isGiven('master')) throw new InstallerUsageError('--master is missing: give every apiserver')
  const servers = flags.list('master')
  return await onNodes(session, await targetsOf(flags, host), {
    maxFailures: numberOf(session, 'max-failures', 0),
    ...carriedOut(session, async (node) => {
      const made = await planUpdate(node, servers, { signal: nodeSignal(host.signal) })
      refuse(made.host, made.findings)
      return made
    }),
  })
}

/** `uninstall`: takes everything back. A node that fails does not keep the others from being cleaned. */
export async function runUninstall(session: Session): Promise<ExitStatus> {
  const { flags, host } = session
  const config = saysConfig(flags) ? await configOf(flags, host) : undefined
  const options = {
    keepHosts: isOn(session, 'keep-hosts'),
    ...(config === undefined ? {} : { config: rawConfig(config) }),
  }
  return await onNodes(session, await targetsOf(flags, host, config?.command), {
    maxFailures: Number.POSITIVE_INFINITY,
    ...carriedOut(session, (node) => planUninstall(node, options)),
  })
}
