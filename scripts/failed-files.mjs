// failed-files.mjs LOG SUITE: the names of the test files whose tests failed, with commas, by the runner's log and the bundle
// it ran, in which a comment with its name stands before each file.
import { readFileSync } from 'node:fs'

const [log = '', suite = ''] = process.argv.slice(2)
const lines = readFileSync(suite, 'utf8').split('\n')

function fileOf(line) {
  const before = lines.slice(0, line).findLast((text) => /^\/\/ test\/kernel\/\S+\.ktest\.ts$/.test(text))
  return before?.replace('// test/kernel/', '')
}

const failed = readFileSync(log, 'utf8').matchAll(/^test at \S*suite\.mjs:(\d+):\d+$/gm)
const files = new Set([...failed].map(([, line]) => fileOf(Number(line))))
files.delete(undefined)
process.stdout.write([...files].join())
