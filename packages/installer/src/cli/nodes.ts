import { Failures, type Outcome, onEach } from '../cluster/fleet.ts'
import type { NodeHost } from '../host/host.ts'
import { errorJson, errorLines, failedAnswer, type NodeAnswer, skippedAnswer } from './answer.ts'
import { type ExitStatus, type HostTarget, InstallerExitCode, worst } from './host.ts'
import { type Progress, progressOf } from './progress.ts'
import { isOn, numberOf, type Session } from './session.ts'
import { targetName } from './targets.ts'

/** What is done on every node of a command line. */
export interface NodeWork<C> {
  /** On all of them first: as long as it fails on one, nothing is done on any. It changes nothing. */
  readonly check: (node: NodeHost) => Promise<C>
  readonly run: (node: NodeHost, checked: C, progress: Progress) => Promise<NodeAnswer>
  /** Failures that do not yet stop the rest. */
  readonly maxFailures: number
  /** At a time, at most, whatever the command line says. */
  readonly parallel?: number
}

/** Work that changes nothing: a node that fails does not keep the others from answering. */
export function look(run: (node: NodeHost) => Promise<NodeAnswer>): NodeWork<undefined> {
  return { check: async () => undefined, run, maxFailures: Number.POSITIVE_INFINITY }
}

/** Does the work on every node, prints what came of it, and resolves with the exit code. */
export async function onNodes<C>(
  session: Session,
  targets: readonly HostTarget[],
  work: NodeWork<C>,
): Promise<ExitStatus> {
  const style = { json: isOn(session, 'json'), several: targets.length > 1 }
  const progress = progressOf(session.host, style)
  const nodes = targets.map((target) => new Reached(target, session))
  try {
    const answers = await inTwoRounds(session, nodes, work, progress)
    progress.end()
    return print(session, nodes, answers, style)
  } finally {
    progress.end()
    // Settled: all has been said, and a connection that breaks while it is closed is closed too.
    await Promise.allSettled(nodes.map((node) => node.close()))
  }
}

/** A node that is reached when it is needed, once. */
class Reached {
  readonly name: string
  readonly #open: () => Promise<NodeHost>
  #host: Promise<NodeHost> | undefined

  constructor(target: HostTarget, { host }: Session) {
    this.name = targetName(target)
    this.#open = () => host.openHost(target)
  }

  get host(): Promise<NodeHost> {
    this.#host ??= this.#open()
    return this.#host
  }

  /** One that could not be reached has been told of already. */
  async close(): Promise<void> {
    const host = await this.#host?.catch(() => undefined)
    await host?.close()
  }
}

async function inTwoRounds<C>(
  session: Session,
  nodes: readonly Reached[],
  work: NodeWork<C>,
  progress: Progress,
): Promise<readonly NodeAnswer[]> {
  const parallel = numberOf(session, 'parallel', 1)
  const checked = await checkAll(session, nodes, work, parallel)
  const { signal } = session.host
  const answerOf = (one: Outcome<unknown, unknown>): NodeAnswer => answerOfCheck(one, signal)
  const isCareful = Number.isFinite(work.maxFailures)
  if (isCareful && checked.some(({ state }) => state !== 'done')) return checked.map(answerOf)
  const run = async (some: typeof checked): Promise<readonly Outcome<unknown, NodeAnswer>[]> =>
    await onEach(some, async (one) => await second(one, work, progress, signal), {
      parallel: work.parallel ?? parallel,
      failures,
      failed: ({ code }) => code === InstallerExitCode.FAILED || code === InstallerExitCode.CHANGED,
    })
  const failures = new Failures({ maxFailures: work.maxFailures, signal })
  // The first one alone, where something is changed: what breaks there breaks nowhere else.
  const alone = isCareful ? 1 : 0
  const done = [...(await run(checked.slice(0, alone))), ...(await run(checked.slice(alone)))]
  return done.map((one) => ('result' in one && one.result) || answerOf(one))
}

async function checkAll<C>(
  { host }: Session,
  nodes: readonly Reached[],
  { check }: NodeWork<C>,
  parallel: number,
): Promise<readonly Outcome<Reached, C>[]> {
  const failures = new Failures({ maxFailures: Number.POSITIVE_INFINITY, signal: host.signal })
  return await onEach(nodes, async (node) => await check(await node.host), { parallel, failures })
}

async function second<C>(
  outcome: Outcome<Reached, C>,
  { run }: NodeWork<C>,
  progress: Progress,
  signal: AbortSignal,
): Promise<NodeAnswer> {
  if (outcome.state !== 'done') return answerOfCheck(outcome, signal)
  return await run(await outcome.node.host, outcome.result, progress)
}

/** A node that was never begun because somebody stopped the work is not done. */
function answerOfCheck(outcome: Outcome<unknown, unknown>, signal: AbortSignal): NodeAnswer {
  if (outcome.state === 'failed') return failedAnswer(outcome.error)
  return signal.aborted ? failedAnswer(signal.reason) : skippedAnswer()
}

function print(
  { command, host }: Session,
  nodes: readonly Reached[],
  answers: readonly NodeAnswer[],
  { json, several }: { readonly json: boolean; readonly several: boolean },
): ExitStatus {
  const code = worst(answers.map((answer) => answer.code))
  answers.forEach(({ text, error }, index) => {
    const { name } = nodes[index] ?? { name: '' }
    if (!json) host.stdout(several ? `${name}:\n${indented(text)}` : text)
    for (const line of error === undefined ? [] : errorLines(error)) {
      const isNamed = !several || line.startsWith(`${name}:`)
      host.stderr(`lvscare-installer: ${isNamed ? '' : `${name}: `}${line}\n`)
    }
  })
  if (json) host.stdout(`${JSON.stringify(documentOf(command.name, code, nodes, answers))}\n`)
  return code
}

function documentOf(
  command: string,
  code: ExitStatus,
  nodes: readonly Reached[],
  answers: readonly NodeAnswer[],
): Readonly<Record<string, unknown>> {
  const told = answers.map(({ code: own, error, facts }, index) => ({
    host: nodes[index]?.name ?? '',
    code: own,
    error: errorJson(error),
    ...facts,
  }))
  return { command, code, error: null, nodes: told }
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
