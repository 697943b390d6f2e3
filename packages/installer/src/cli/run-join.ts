import { type FlagValues, parseEndpoint } from 'lvscare'
import { nodeSignal } from '../cluster/fleet.ts'
import type { InstallerConfig } from '../config/config.ts'
import { ConfigError, InstallerUsageError, type Problem } from '../errors.ts'
import { refuse } from '../plan/apply.ts'
import { type JoinResult, join } from '../plan/join.ts'
import { joinProblemsOf, type NodeJoinOptions } from '../plan/join-command.ts'
import { joinPhase } from '../plan/join-phase.ts'
import { plan } from '../plan/plan.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { errorJson, findingsText, type NodeAnswer, resultJson } from './answer.ts'
import { rawOf, wordsOf } from './config-input.ts'
import { exitOfFindings, exitOfResult } from './exit.ts'
import { type ExitStatus, type InstallerCliHost, InstallerExitCode } from './host.ts'
import { onNodes } from './nodes.ts'
import { inputOf } from './run-apply.ts'
import { isOn, type Session } from './session.ts'
import { secretOf } from './targets.ts'

/** `join`: sets nodes up and runs `kubeadm join` on them. */
export async function runJoin(session: Session): Promise<ExitStatus> {
  const { config, targets } = await inputOf(session, fromEndpoint(session, await roleOf(session)))
  const options = optionsOf(session)
  checkJoin(config, options)
  return await onNodes(session, targets, {
    maxFailures: 0,
    // etcd takes one new member at a time.
    ...(config.role === 'worker' ? {} : { parallel: 1 }),
    check: async (node) => {
      const force = isOn(session, 'force')
      const phase = await joinPhase(node, config, { force })
      const { host, findings } = await plan(config, node, { force, phase })
      refuse(host, findings)
      return findings
    },
    run: async (node, findings, progress) =>
      joinAnswer(
        findings,
        await join(config, node, {
          ...options,
          signal: nodeSignal(session.host.signal),
          onEvent: (event) => progress.event(event),
          onOutput: (text) => progress.output(node.name, text),
        }),
      ),
  })
}

/** What the node is to be, wherever it is said; a file may say anything. */
async function roleOf({ flags, host }: Session): Promise<unknown> {
  const { role = 'worker' } = await rawOf(flags, host)
  if (!flags.switch('control-plane')) return role
  if (flags.isGiven('role') && role !== 'control-plane')
    throw flags.broken('role', flags.text('role') ?? '', 'is not what --control-plane says')
  return 'control-plane'
}

/** The endpoint of a worker is the virtual server, as `kubeadm join` takes it; flags must not say something else. */
function fromEndpoint({ flags, positionals }: Session, role: unknown): Readonly<Record<string, unknown>> {
  const [endpoint] = positionals
  const virtual = endpoint === undefined || role !== 'worker' ? undefined : virtualOf(endpoint)
  if (virtual === undefined) return { role }
  if (flags.isGiven('vip') && flags.text('vip') !== virtual.vip)
    throw flags.broken('vip', flags.text('vip') ?? '', `is not the endpoint ${endpoint}`)
  return { role, ...virtual }
}

/** `undefined` for a name: then the virtual IP has to be given, or is the default. */
function virtualOf(endpoint: string): { readonly vip: string; readonly port: number } | undefined {
  if (!/^\[|^[\d.]+:/.test(endpoint)) return undefined
  try {
    const { address, port } = parseEndpoint(endpoint)
    return { vip: address, port }
  } catch (error) {
    if (error instanceof RangeError)
      throw new InstallerUsageError(`${JSON.stringify(endpoint)}: ${error.message}`)
    throw error
  }
}

function optionsOf({ flags, host, positionals, rest, command }: Session): NodeJoinOptions {
  const [endpoint] = positionals
  const certificateKey = oneSecret(flags, 'certificate-key', host)
  return {
    token: oneSecret(flags, 'token', host) ?? '',
    caCertHashes: flags.isGiven('discovery-token-ca-cert-hash')
      ? flags.list('discovery-token-ca-cert-hash')
      : [],
    kubeadm: wordsOf(flags.text('kubeadm')),
    extraArgs: rest,
    force: isOn({ command, flags, host, positionals, rest }, 'force'),
    ...(certificateKey === undefined ? {} : { certificateKey }),
    ...(endpoint === undefined ? {} : { endpoint }),
  }
}

/** A secret stands on the command line or in a variable, not in both. */
function oneSecret(flags: FlagValues, name: string, host: InstallerCliHost): string | undefined {
  const variable = secretOf(flags, `${name}-env`, host)
  if (variable !== undefined && flags.isGiven(name))
    throw new InstallerUsageError(`--${name}, --${name}-env: give one of them`)
  return variable ?? flags.text(name)
}

/** The flag that a problem of a join is about. */
const FLAGS: Readonly<Record<string, string>> = {
  token: '--token',
  caCertHashes: '--discovery-token-ca-cert-hash',
  certificateKey: '--certificate-key',
  endpoint: 'endpoint',
}

/** Everything that is wrong, before a node is touched. */
function checkJoin(config: InstallerConfig, options: NodeJoinOptions): void {
  const problems = joinProblemsOf(config, options)
  if (problems.length > 0) throw new ConfigError(problems.map(asFlag))
}

function asFlag(problem: Problem): Problem {
  const [, key = ''] = /^join\.(\w+)/.exec(problem.path) ?? []
  return { ...problem, path: FLAGS[key] ?? problem.path }
}

/** `expected`: what was found before anything was done. */
function joinAnswer(expected: readonly InstallerFinding[], result: JoinResult): NodeAnswer {
  const { before, after, kubeadm, error } = result
  const findings = [...expected, ...result.findings]
  return {
    code: exitOfJoin(result),
    text: `${findingsText(findings)}${WORDS[kubeadm]}\n`,
    facts: {
      findings,
      before: resultJson(before),
      kubeadm,
      kubeadmError: kubeadm === 'failed' ? errorJson(error) : null,
      after: after === undefined ? null : resultJson(after),
    },
    ...(error === undefined ? {} : { error }),
  }
}

function exitOfJoin({ ok, before, findings }: JoinResult): ExitStatus {
  if (!before.ok) return exitOfResult(before)
  if (!ok) return InstallerExitCode.CHANGED
  return exitOfFindings(findings) === InstallerExitCode.OK ? InstallerExitCode.OK : InstallerExitCode.DIFFERS
}

const WORDS: Readonly<Record<JoinResult['kubeadm'], string>> = {
  'not-run': 'kubeadm join was not run: the node was not set up',
  failed: 'kubeadm join failed; what was set up before stays for the next attempt, uninstall takes it back',
  already: 'the node had joined before',
  done: 'the node has joined',
}
