import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { GuardProcess } from '../lab/guard.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { Random } from '../lab/random.ts'
import { Soak } from '../soak/run.ts'

/** Short: what is long is `npm run soak`, which also compares memory. */
const SECONDS = 25

/** Far above what a guard needs in emulation, and far below what one has that keeps what it is sent. */
const MAX_RSS_MIB = 120

describe('lvscare care, in bad weather', { skip: ranOn('6.12') }, () => {
  const random = Random.fromEnvironment()
  let soak: Soak | undefined
  before(async () => {
    soak = await Soak.start(random)
  })
  after(async () => {
    await soak?.close()
    await GuardProcess.killAll()
  })

  it(`keeps the rule and no descriptor: LVSCARE_SEED=${random.seed}`, async () => {
    const report = await soak?.run(SECONDS, () => undefined)
    assert.ok(report !== undefined)
    console.log(`# ${report.faults} faults, ${JSON.stringify(report.work)}`)
    // So short a time says nothing about the trend of memory and threads.
    const grown = /^(rss|pss|private)MiB |^threads |^descriptors grew|^sockets /
    assert.deepEqual(
      report.problems.filter((problem) => !grown.test(problem)),
      [],
    )
    assert.ok(report.faults > 5, `${report.faults} faults`)
    const most = Math.max(...(soak?.samples ?? []).map(({ rssMiB }) => rssMiB))
    assert.ok(most < MAX_RSS_MIB, `${most} MiB`)
  })
})
