import { runCare } from './care.ts'
import { main } from './cli.ts'

const code = await main(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  care: runCare,
})
// Not exitCode alone: after a failure some other probe may still wait for an answer, and keep the process.
process.exit(code)
