import { runCare } from './care.ts'
import { main } from './cli.ts'
import type { FlagValues } from './flag-values.ts'
import type { StatusOptions } from './status/command.ts'

const host = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
  environment: process.env,
  care: runCare,
  // Whoever only asks must not cost the guard memory: these come late, each by itself.
  status: async (options: StatusOptions) => await (await import('./status/run.ts')).status(options),
  doctor: async (flags: FlagValues) => {
    const { Prober } = await import('./runtime.ts')
    const { doctor } = await import('./doctor/run.ts')
    return await doctor(flags, (options) => new Prober(options))
  },
}
// Not exitCode alone: after a failure some other probe may still wait for an answer, and keep the process.
void main(process.argv.slice(2), host).then((code) => process.exit(code))
