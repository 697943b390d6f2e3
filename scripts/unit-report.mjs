// unit-report.mjs REPORT counts|files|failures: what vitest's JSON report says: "PASSED FAILED SKIPPED", or a line for each
// file with a failure, or a line for each failed test.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const [path = '', question] = process.argv.slice(2)
const report = JSON.parse(readFileSync(path, 'utf8'))
const bad = report.testResults.filter(({ status }) => status === 'failed')

// A file that could not be loaded has no test to blame, only a message.
function blamed({ name, assertionResults, message }) {
  const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
  return (tests.length > 0 ? tests : [message.split('\n')[0]]).map(
    (test) => `${relative('.', name)}: ${test}`,
  )
}

const answers = {
  counts: () => [[report.numPassedTests, report.numFailedTests, report.numPendingTests].join(' ')],
  files: () => bad.map(({ name }) => relative('.', name)),
  failures: () => bad.flatMap(blamed),
}

for (const line of answers[question]()) console.log(line)
