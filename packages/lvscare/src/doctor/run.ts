import { askGuard, guardsHere } from '../ask-guard.ts'
import { doctorConfig } from '../config.ts'
import { UsageError } from '../errors.ts'
import type { FlagValues } from '../flag-values.ts'
import { parseReport } from '../status/parse.ts'
import { runDoctor } from './doctor.ts'
import type { NewProber } from './gather/contacts.ts'

/** `lvscare doctor` on this node: resolves with the exit code. */
export async function doctor(flags: FlagValues, newProber: NewProber): Promise<number> {
  // Without servers to ask there is little to say: then the guard knows them.
  const isComplete = flags.isGiven('vs') && flags.isGiven('rs')
  const config = doctorConfig(isComplete ? flags : flags.completedBy(await guardFlags(flags.text('vs'))))
  const stdout = (text: string): void => void process.stdout.write(text)
  return await runDoctor(config, { json: flags.switch('json') }, { stdout, newProber })
}

/** The flags of the guard of `virtual`, or of the only one here; none where there is none. Throws {@link UsageError} where there are several. */
async function guardFlags(virtual: string | undefined): Promise<ReadonlyMap<string, readonly string[]>> {
  const [name, ...others] = virtual === undefined ? guardsHere() : [virtual]
  if (name === undefined) return new Map()
  if (others.length > 0)
    throw new UsageError(`--vs is missing: guards run for ${[name, ...others].join(', ')}, say which one`)
  const answer = await askGuard(name)
  return answer === undefined ? new Map() : new Map(Object.entries(parseReport(answer).guard?.flags ?? {}))
}
