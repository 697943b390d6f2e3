import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Timeouts } from '@lvscare/ipvs'
import { exec } from '../lab/exec.ts'
import { shownTable } from '../lab/ipvsadm.ts'
import { freshTable } from './ipvs-table.ts'

describe('IPVS settings', () => {
  const table = freshTable()
  let original: Timeouts
  before(() => {
    original = table.ipvs.timeouts()
  })

  const told = (): number[] => shownTable('--timeout').match(/\d+/g)?.map(Number) ?? []

  it('info() is the header of ipvsadm -Ln', () => {
    const { version, connectionTableSize } = table.ipvs.info()
    assert.equal(
      shownTable().split('\n')[0],
      `IP Virtual Server version ${version} (size=${connectionTableSize})`,
    )
  })

  it('timeouts are those of ipvsadm --timeout, written by either', () => {
    const { ipvs } = table
    assert.deepEqual(told(), Object.values(original))
    ipvs.setTimeouts({ tcp: 1234, tcpFin: 56, udp: 78 })
    assert.deepEqual(told(), [1234, 56, 78])
    ipvs.setTimeouts({ tcpFin: 9 })
    assert.deepEqual(told(), [1234, 9, 78])
    ipvs.setTimeouts({ tcp: 2_147_483, udp: 1 })
    assert.deepEqual(told(), [2_147_483, 9, 1])
    exec('ipvsadm', '--set', '11', '12', '13')
    assert.deepEqual(ipvs.timeouts(), { tcp: 11, tcpFin: 12, udp: 13 })
    ipvs.setTimeouts({})
    ipvs.setTimeouts(original)
    assert.deepEqual(told(), Object.values(original))
  })
})
