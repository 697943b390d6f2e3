import { runCare } from './care.ts'
import { main } from './cli.ts'

const host = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
  care: runCare,
}
// Not exitCode alone: after a failure some other probe may still wait for an answer, and keep the process.
void main(process.argv.slice(2), host).then((code) => process.exit(code))
