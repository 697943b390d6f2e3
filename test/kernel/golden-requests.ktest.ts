import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { GenlFamily } from '@lvscare/netlink'
import { familyIdOf, type Golden, GoldenFolder, timeless, toHex, turnsOf } from '@lvscare/netlink/testing'
import { GOLDEN_CALLS as IPVS_CALLS } from '../../packages/ipvs/test/golden-calls.ts'
import { GOLDEN_CALLS as NETLINK_CALLS } from '../../packages/netlink/test/golden-calls.ts'
import { performIpvs, performNetlink } from '../capture/perform.ts'
import { exec } from '../lab/exec.ts'

/** Seen from the bundle, as everything that is not in it. */
function goldenOf(name: 'ipvs' | 'netlink'): GoldenFolder {
  return new GoldenFolder(new URL(`../../packages/${name}/test/golden/`, import.meta.url))
}

/** The requests, and the answers where they are to be the same on every kernel. */
function essence(capture: Pick<Golden, 'exchanges'>, family: number, answers: boolean): unknown {
  return turnsOf(capture).map((turn) => ({
    request: toHex(timeless({ direction: 'request', bytes: turn.request }, family)),
    answers: answers
      ? turn.answers.map((bytes) => toHex(timeless({ direction: 'answer', bytes }, family)))
      : 'not compared',
  }))
}

describe('what goes over the wire today is what was captured', () => {
  // Routes of a guard would be told among ours.
  before(() => {
    for (const version of ['-4', '-6']) exec('ip', version, 'route', 'flush', 'table', 'local', 'proto', '77')
  })
  after(() => void exec('ipvsadm', '-C'))

  for (const [name, one] of Object.entries(IPVS_CALLS)) {
    it(`ipvs/${name}: ${one.command}`, async () => {
      const done = await performIpvs(one)
      assert.equal(done.refusal, one.code, done.message)
      const golden = goldenOf('ipvs').read(name)
      const opened = GenlFamily.open('IPVS')
      opened.close()
      // The rates of live counters are never the same.
      const answers = one.setting !== 'traffic'
      assert.deepEqual(essence(done, opened.info.id, answers), essence(golden, familyIdOf(golden), answers))
      if (answers) assert.deepEqual(done.result, one.result)
    })
  }

  for (const [name, one] of Object.entries(NETLINK_CALLS)) {
    it(`netlink/${name}: ${one.command}`, () => {
      const done = performNetlink(one)
      assert.equal(done.refusal, one.errno, done.message)
      if (one.text !== undefined) assert.ok(done.message?.includes(one.text), done.message)
      // Every kernel version says more of a link, so only what is read of it must be the same.
      assert.deepEqual(essence(done, 0, false), essence(goldenOf('netlink').read(name), 0, false))
      assert.deepEqual(done.result, one.result)
    })
  }
})
