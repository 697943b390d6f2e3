import { askGuard, guardsHere } from '../ask-guard.ts'
import type { Endpoint } from '../endpoint.ts'
import { findReports, type Informants } from './command.ts'
import type { StatusReport } from './shape.ts'

const HERE: Informants = { guards: { askGuard, guardsHere } }

/**
 * What the guard of a virtual server tells, else what the kernel has; `undefined` when there is neither.
 *
 * Rejects with what the kernel says when it cannot be read.
 */
export async function ruleStatus(
  virtual: Endpoint,
  informants: Informants = HERE,
): Promise<StatusReport | undefined> {
  const [report] = await findReports(virtual, informants)
  return report
}
