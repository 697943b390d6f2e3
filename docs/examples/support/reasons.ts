import type { ApplyResult, JoinResult, NodeHost, NodeReport } from '@lvscare/installer'
import { messageOf } from 'lvscare'

/** Something failed; the message has a line for each reason. No token is in them, for no result of the library has one. */
export class Failure extends Error {
  /** The lines of the message. */
  readonly lines: readonly string[]

  /** `what` is the first line, the reasons stand below it. */
  constructor(what: string, reasons: readonly string[]) {
    super([what, ...reasons].join('\n  '))
    this.lines = [what, ...reasons]
  }
}

/** Why machines are not as they were to be, a line or more for each. */
export function clusterReasons(nodes: readonly NodeReport[]): readonly string[] {
  return nodes.flatMap(({ node: { host }, state, result, error }) => {
    if (state === 'done') return []
    if (state === 'skipped') return [`${host.name}: was not begun`]
    return [...linesOf(host, error), ...leftovers(host, result)]
  })
}

/** Why a machine has not joined, and what of it is not as it must be. */
export function joinReasons(
  host: NodeHost,
  { error, before, after, findings }: JoinResult,
): readonly string[] {
  return [
    ...(error === undefined ? [] : linesOf(host, error)),
    ...findings
      .filter(({ severity }) => severity === 'error')
      .map(({ message, fix }) => `${host.name}: ${message}: ${fix}`),
    ...leftovers(host, before),
    ...leftovers(host, after),
  ]
}

/** What could not be taken back on a machine. */
export function leftovers(host: NodeHost, result: ApplyResult | undefined): readonly string[] {
  const { notUndone = [] } = result ?? {}
  return notUndone.map(({ step, error }) => `${host.name}: is left: ${step.title}: ${messageOf(error)}`)
}

/** What was thrown on a machine; most errors name their machine already. */
export function linesOf({ name }: NodeHost, error: unknown): readonly string[] {
  if (error instanceof Failure) return error.lines
  const message = messageOf(error)
  return [message.startsWith(`${name}: `) ? message : `${name}: ${message}`]
}
