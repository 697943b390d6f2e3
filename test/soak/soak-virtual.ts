// The first part of npm run soak: hours in virtual time, without a kernel; see docs/testing.md.
import { collect } from '../../packages/lvscare/test/collect.ts'
import { Random } from '../lab/random.ts'
import { virtualSoak } from './virtual.ts'

const HOURS = 2

const start = performance.now()
const report = await virtualSoak(HOURS, Random.fromEnvironment(), collect)
console.log(
  JSON.stringify({ ...report, tookSeconds: Math.round((performance.now() - start) / 1000) }, undefined, 2),
)
process.exit(report.flat && report.problems.length === 0 ? 0 : 1)
