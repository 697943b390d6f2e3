// npm run soak: one guard, and every fault of the lab at a high rate; see docs/testing.md.
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../lab/random.ts'
import { Soak } from './run.ts'
import { toCsv } from './sample.ts'

const MINUTES = Number(process.env['LVSCARE_SOAK_MINUTES'] || 40)
const RESULTS = process.env['LVSCARE_RESULTS'] ?? '.'

if (!(MINUTES > 0)) throw new RangeError(`LVSCARE_SOAK_MINUTES: ${MINUTES} is not a number of minutes`)
const random = Random.fromEnvironment()
console.log(`soak: ${MINUTES} minutes, LVSCARE_SEED=${random.seed}`)
const soak = await Soak.start(random)
const report = await soak.run(MINUTES * 60, (line) => {
  console.log(line)
  appendFileSync(join(RESULTS, 'soak.log'), `${line}\n`)
  writeFileSync(join(RESULTS, 'soak.csv'), toCsv(soak.samples))
})
writeFileSync(join(RESULTS, 'soak.json'), `${JSON.stringify(report, undefined, 2)}\n`)
console.log(JSON.stringify(report, undefined, 2))
process.exit(report.problems.length === 0 ? 0 : 1)
