import { fakeKernel, reply } from '@lvscare/netlink/testing'
import { expect, it } from 'vitest'
import { Command, Ipvs } from '../src/index.ts'
import { infoAttributes } from './fake-wire.ts'
import { familyReply, genlObject } from './family.ts'

const ID = 35

it('takes only the command that answers the request', () => {
  const odd = genlObject(ID, Command.NEW_DEST, Uint8Array.of(4, 0, 99, 0))
  const info = genlObject(ID, Command.SET_INFO, infoAttributes())
  const open = (answer: typeof odd): Ipvs =>
    Ipvs.open({ libc: fakeKernel(({ type }) => (type === ID ? reply.objects(answer) : familyReply(ID))) })
  expect(open(info).info()).toEqual({ version: '1.2.1', connectionTableSize: 4096 })
  expect(() => open(odd).info()).toThrow('expected one object, received none')
})
