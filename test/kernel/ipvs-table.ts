import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { Ipvs, type IpvsErrorCode, isIpvsError, type Stats } from '@lvscare/ipvs'
import { exec, execWith } from '../lab/exec.ts'

/** The kernel's table, as a group of tests has it. */
export interface FreshTable {
  /** Open from before the first test to after the last. */
  readonly ipvs: Ipvs
}

/** Inside a `describe`: empties the table before each test and after the last, and opens a client for all of them. */
export function freshTable(): FreshTable {
  let ipvs: Ipvs | undefined
  before(() => {
    ipvs = Ipvs.open()
  })
  beforeEach(() => void exec('ipvsadm', '-C'))
  after(() => {
    ipvs?.close()
    exec('ipvsadm', '-C')
  })
  return {
    get ipvs() {
      assert.ok(ipvs, 'the table is there when tests run')
      return ipvs
    },
  }
}

/** Puts rules into the table as `ipvsadm -Sn` writes them. */
export function restore(...lines: string[]): void {
  execWith(`${lines.join('\n')}\n`, 'ipvsadm', '-R')
}

/** Asserts that the call fails with this code, and with such a message where one is given. */
export function refuses(code: IpvsErrorCode, call: () => unknown, text = /./): void {
  assert.throws(call, (error) => {
    if (!isIpvsError(error)) throw error
    assert.equal(error.code, code)
    assert.match(error.message, text)
    return true
  })
}

/** What nothing has come through yet. */
export const ZERO_STATS: Stats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionRate: 0n,
  inPacketRate: 0n,
  outPacketRate: 0n,
  inByteRate: 0n,
  outByteRate: 0n,
}
