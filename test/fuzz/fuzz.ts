// npm run fuzz: what the kernel and others say, garbled, until the time is over; see docs/testing.md.
import { collect } from '../../packages/lvscare/test/collect.ts'
import { Random } from '../lab/random.ts'
import { CorpusFolder } from './corpus.ts'
import { fuzz } from './run.ts'
import { TARGETS } from './targets.ts'

const seconds = Number(process.env['LVSCARE_FUZZ_SECONDS'] || 60)
const seed = new Random(Number(process.env['LVSCARE_FUZZ_SEED'] || Date.now())).seed
const targets = process.env['LVSCARE_FUZZ_TARGETS']?.split(',') ?? [...TARGETS.keys()]
const corpus = new CorpusFolder()

console.log(`fuzz: ${seconds} seconds, LVSCARE_FUZZ_SEED=${seed}`)
const report = fuzz({ seed, seconds, targets, collect, tell: console.log, corpus })
if (process.env['LVSCARE_FUZZ_KEEP'] === '1') corpus.save()
console.log(JSON.stringify(report, undefined, 2))
if (report.flat === undefined) console.log('fuzz: too short to say whether the heap grows')
process.exit(report.total > 0 && report.findings.length === 0 && report.flat !== false ? 0 : 1)
