import { type Endpoint, NoGuardError, parseReport, type StatusReport } from 'lvscare'
import { CommandError } from '../../errors.ts'
import { doing } from '../failure.ts'
import type { ExecOptions, ExecResult, RuleControl } from '../host.ts'
import { careOfArguments } from '../rule-flags.ts'

/** Runs a program on the node. */
type Exec = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>

/** Time for the guard's command to do one thing and exit, in milliseconds: it may have to load modules. */
const COMMAND_MS = 60_000

/** The rule of a node, by running the guard's command there. */
export function commandRule(name: string, command: readonly string[], exec: Exec): RuleControl {
  const run = async (...rest: string[]): Promise<ExecResult> => {
    const argv = [...command, ...rest]
    const result = await exec(argv, { timeoutMs: COMMAND_MS })
    if (result.code === 0) return result
    const ended = result.code === undefined ? 'a signal' : `exit code ${result.code}`
    // Without the flags: those of the probe may hold secrets.
    throw new CommandError(name, [...command, rest[0] ?? ''], ended, result.stderr)
  }
  return {
    observe: (virtual) =>
      doing(name, `read the rule of ${virtual.text}`, async () => {
        const { code, stdout, stderr } = await exec([...command, 'status', '--vs', virtual.text, '--json'], {
          timeoutMs: COMMAND_MS,
        })
        if (code === 0) return reportOf(stdout, virtual)
        if (stderr.includes(new NoGuardError(virtual.text).message)) return undefined
        throw new CommandError(name, [...command, 'status'], `exit code ${code}`, stderr)
      }),
    // What is wrong about the flags is said here, not by another version of the command there.
    set: (flags) =>
      doing(name, 'set the rule', async () => {
        careOfArguments(flags, 'run-once')
        await run('care', ...flags, '--run-once')
      }),
    clean: (flags) =>
      doing(name, 'take the rule back', async () => {
        careOfArguments(flags, 'clean')
        await run('care', ...flags, '--clean')
      }),
  }
}

/** The report of one virtual server in what `lvscare status --json` prints. */
function reportOf(text: string, virtual: Endpoint): StatusReport {
  const document: unknown = JSON.parse(text)
  const services =
    typeof document === 'object' && document !== null && 'services' in document ? document.services : []
  const [found] = Array.isArray(services) ? services : []
  const report = parseReport(found)
  if (report.virtual !== virtual.text) throw new Error(`it tells of ${report.virtual} instead`)
  return report
}
