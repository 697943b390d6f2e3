import { describe, expect, it } from 'vitest'
import {
  AttributeWriter,
  Connection,
  CtrlAttr,
  type FamilyInfo,
  lookupFamily,
  NoFamilyError,
  Protocol,
} from '../../src/index.ts'
import {
  type Exchange,
  fakeKernel,
  hex,
  type Reply,
  recordingLibc,
  reply,
  toHex,
} from '../../src/testing/index.ts'

/** The start of the answer of a 6.1 kernel: kernel.md, section 2.2. */
const IPVS = hex`
  01020000                     # CTRL_CMD_NEWFAMILY, version 2
  0900 0200 4950565300 000000  # FAMILY_NAME "IPVS"
  0600 0100 2300 0000          # FAMILY_ID 35
  0800 0300 01000000           # VERSION 1
  0800 0400 00000000           # HDRSIZE 0
  0800 0500 06000000           # MAXATTR 6
`

function lookup(answer: Reply, name = 'IPVS', log: Exchange[] = []): FamilyInfo {
  const libc = recordingLibc(
    fakeKernel(() => answer),
    log,
  )
  return lookupFamily(Connection.open({ protocol: Protocol.GENERIC, libc }), name)
}

describe('lookupFamily', () => {
  it('asks the controller by name, byte for byte', () => {
    const log: Exchange[] = []
    lookup(reply.objects({ type: 16, payload: IPVS }), 'IPVS', log)
    const golden = hex`
      20000000 1000 0100 01000000 00000000  # GENL_ID_CTRL, REQUEST, sequence 1
      03010000                              # CTRL_CMD_GETFAMILY, version 1
      0900 0200 4950565300 000000           # FAMILY_NAME "IPVS"
    `
    expect(toHex(log[0]?.bytes ?? hex``)).toBe(toHex(golden))
  })

  it('reads id, name and version of the answer', () => {
    expect(lookup(reply.objects({ type: 16, payload: IPVS }))).toEqual({ id: 35, name: 'IPVS', version: 1 })
  })

  it('says which family the kernel has not', () => {
    const missing = () => lookup(reply.errno('ENOENT'), 'NONESUCH')
    expect(missing).toThrow(NoFamilyError)
    expect(missing).toThrow('this kernel has no generic netlink family "NONESUCH"')
    expect(missing).toThrow(expect.objectContaining({ cause: expect.objectContaining({ errno: 'ENOENT' }) }))
  })

  it('passes any other refusal on', () => {
    expect(() => lookup(reply.errno('EPERM'))).toThrow(
      expect.objectContaining({ name: 'KernelError', errno: 'EPERM' }),
    )
  })

  it('refuses an answer without an id, and no answer', () => {
    expect(() => lookup(reply.objects({ type: 16, payload: IPVS.subarray(0, 16) }))).toThrow(
      'expected CTRL_ATTR_FAMILY_ID',
    )
    expect(() => lookup(reply.ok())).toThrow('the kernel gave no answer')
  })

  it.each(['', 'a-name-of-16-chr'])('refuses the name "%s"', (name) => {
    expect(() => lookup(reply.ok(), name)).toThrow(RangeError)
  })

  it('takes the longest name there is', () => {
    const name = new AttributeWriter().text(CtrlAttr.FAMILY_NAME, 'a-name-of-15-ch').finish()
    const payload = Buffer.concat([IPVS.subarray(0, 4), name, IPVS.subarray(16)])
    expect(lookup(reply.objects({ type: 16, payload }), 'a-name-of-15-ch').id).toBe(35)
  })

  // What is wrong here would be remembered, and every later request be sent to somebody else or to nobody.
  it.each([
    ['another name', IPVS, 'NOTIPVS'],
    ['the id of the controller', hex`01020000 0900 0200 4950565300 000000 0600 0100 1000 0000`, 'IPVS'],
    [
      'a version that fits no header',
      hex`01020000 0900 0200 4950565300 000000 0600 0100 2300 0000 0800 0300 01010000`,
      'IPVS',
    ],
  ])('refuses an answer with %s', (_what, payload, name) => {
    expect(() => lookup(reply.objects({ type: 16, payload }), name)).toThrow(
      expect.objectContaining({ code: 'ERR_NETLINK_DECODE' }),
    )
  })
})
