import { askGuard, guardsHere } from '../../ask-guard.ts'
import { parseReport } from '../../status/parse.ts'
import type { StatusReport } from '../../status/shape.ts'
import type { GuardFacts } from '../facts.ts'
import { attempt, attemptLater } from './attempt.ts'

/** Asks the guard of a virtual server how it is. */
export async function gatherGuard(virtual: string): Promise<GuardFacts> {
  return {
    report: await attemptLater(() => toldBy(virtual)),
    guarded: attempt(guardsHere),
  }
}

async function toldBy(virtual: string): Promise<StatusReport | undefined> {
  const document = await askGuard(virtual)
  return document === undefined ? undefined : parseReport(document)
}
