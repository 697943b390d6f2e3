import type { DoctorConfig } from '../config.ts'
import { examine } from './checks/index.ts'
import { EXIT_CODES, worstOf } from './finding.ts'
import type { NewProber } from './gather/contacts.ts'
import { gather } from './gather.ts'
import { doctorJson, doctorText } from './text.ts'

/** How the findings are told. */
export interface DoctorOptions {
  readonly json: boolean
}

/** What the doctor touches outside itself. */
export interface DoctorHost {
  readonly stdout: (text: string) => void
  /** @default the real ones of this node */
  readonly gather?: typeof gather
  readonly newProber: NewProber
  readonly signal?: AbortSignal
}

/** `lvscare doctor`: looks at all the rule needs, says what is wrong and what mends it; resolves with the exit code. */
export async function runDoctor(
  config: DoctorConfig,
  { json }: DoctorOptions,
  host: DoctorHost,
): Promise<number> {
  const look = host.gather ?? gather
  const signal = host.signal ?? new AbortController().signal
  const facts = await look(config, { newProber: host.newProber, signal })
  const findings = examine(facts, config)
  host.stdout(json ? doctorJson(findings) : doctorText(findings))
  return EXIT_CODES[worstOf(findings)]
}
