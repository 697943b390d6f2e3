import { plain, statusText } from 'lvscare'
import { nodeSignal } from '../cluster/fleet.ts'
import type { NodeHost } from '../host/host.ts'
import { type NodeStatus, status } from '../plan/status.ts'
import { installedConfig } from '../plan/update.ts'
import { verify } from '../plan/verify.ts'
import { findingsText, type NodeAnswer } from './answer.ts'
import { configOf, saysConfig } from './config-input.ts'
import { exitOfFindings } from './exit.ts'
import { type ExitStatus, InstallerExitCode } from './host.ts'
import { look, onNodes } from './nodes.ts'
import { severalWithAddress } from './run-apply.ts'
import type { Session } from './session.ts'
import { targetsOf } from './targets.ts'

/** `status`: what is installed, and what guard or kernel say. */
export async function runStatus(session: Session): Promise<ExitStatus> {
  const { flags, host } = session
  return await onNodes(
    session,
    await targetsOf(flags, host),
    look(async (node) => statusAnswer(await status(node))),
  )
}

/** `verify`: the nodes beside what is recorded, or beside the configuration that is given. */
export async function runVerify(session: Session): Promise<ExitStatus> {
  const { flags, host } = session
  const given = saysConfig(flags) ? await configOf(flags, host) : undefined
  const targets = await targetsOf(flags, host, given?.command)
  severalWithAddress(session, targets, given)
  const answer = async (node: NodeHost): Promise<NodeAnswer> => {
    const config = given ?? (await installedConfig(node))
    const findings = await verify(config, node, { signal: nodeSignal(host.signal) })
    const code = differsOnly(exitOfFindings(findings))
    return { code, text: findingsText(findings) || 'as configured\n', facts: { findings } }
  }
  return await onNodes(session, targets, look(answer))
}

/** Nothing was refused where nothing was to be done. */
function differsOnly(code: ExitStatus): ExitStatus {
  return code === InstallerExitCode.OK ? code : InstallerExitCode.DIFFERS
}

function statusAnswer(found: NodeStatus): NodeAnswer {
  const isWell =
    found.installed && found.recordError === null && found.pending.length === 0 && servicesWell(found)
  return {
    code: isWell ? InstallerExitCode.OK : InstallerExitCode.DIFFERS,
    text: nodeText(found),
    facts: { status: found },
  }
}

function servicesWell({ services }: NodeStatus): boolean {
  return services.every(
    ({ guard, allDown, path, scheduler }) =>
      scheduler !== null && guard?.ready !== false && allDown !== true && path.every(({ ok }) => ok),
  )
}

/** What is installed, in a few lines, and the tables of the guards below them. */
function nodeText(found: NodeStatus): string {
  const { installed, source, phase, config, recordError, hosts, files, pending, services } = found
  if (!installed) return 'nothing is installed\n'
  const joined = phase === 'after' ? 'joined' : 'not known to have joined'
  const lines = [
    config === null
      ? 'something is installed, and nobody knows as what'
      : `installed as ${config.role}, ${joined}` +
        (source === 'record' ? '' : ' (the record is missing, the manifest tells)'),
    ...(recordError === null ? [] : [`THE RECORD CANNOT BE READ: ${recordError}`]),
    ...files.map(({ path, state }) => (state === 'ours' ? path : `NOT OURS: ${path}`)),
    ...hosts.map((line) => `/etc/hosts: ${line}`),
    ...pending.map(({ title }) => `TO BE DONE: ${title}`),
  ]
  return `${lines.map(plain).join('\n')}\n${services.length === 0 ? '' : `\n${statusText(services)}`}`
}
