import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  Connection,
  ControlType,
  encodeMessage,
  Flag,
  type Libc,
  Nftables,
  Protocol,
  SyscallError,
} from '../src/index.ts'
import { fakeKernel, reply } from '../src/testing/index.ts'

const PORT_ID = 4242
const REQUEST = { type: 0x23, payload: new Uint8Array() }
const DECODE = expect.objectContaining({ code: 'ERR_NETLINK_DECODE' })

/** A kernel that says this again and again, and never ends; also how often it was listened to. */
function endless(datagram: Uint8Array): { libc: Libc; heard: () => number } {
  const honest = fakeKernel(() => reply.ok())
  let heard = 0
  const recv = (_fd: number, buffer: Uint8Array): number => {
    heard += 1
    // Vitest would be killed for its memory long before it noticed.
    if (heard > 1_000_000) throw new Error('nobody stops listening')
    buffer.set(datagram)
    return datagram.length
  }
  return { libc: { ...honest, recv }, heard: () => heard }
}

function object(sequence: number, flags = 0, type = 0x23): Uint8Array {
  return encodeMessage({ type, flags, sequence, portId: PORT_ID, payload: new Uint8Array(100) })
}

describe('an answer without end', () => {
  it.each([
    ['of objects', object(1, Flag.MULTI)],
    ['for somebody else', object(77)],
    ['of nothing', new Uint8Array()],
    ['of many small messages', Buffer.concat(Array.from({ length: 200 }, () => object(1, Flag.MULTI)))],
  ])('%s is a DecodeError', (_what, datagram) => {
    const { libc } = endless(datagram)
    const connection = Connection.open({ protocol: Protocol.GENERIC, libc })
    expect(() => connection.execute({ ...REQUEST, flags: Flag.DUMP })).toThrow(DECODE)
  })

  it('to a batch is a DecodeError', () => {
    const { libc } = endless(object(77, 0, ControlType.NOOP))
    const connection = Connection.open({ protocol: Protocol.NETFILTER, libc })
    expect(() => connection.batch([{ ...REQUEST, flags: Flag.ACK }])).toThrow(DECODE)
  })

  it('is not asked for again: the next question is answered on a new socket', () => {
    const { libc, heard } = endless(object(1, Flag.MULTI))
    const connection = Connection.open({ protocol: Protocol.GENERIC, libc })
    expect(() => connection.execute({ ...REQUEST, flags: Flag.DUMP })).toThrow(DECODE)
    const once = heard()
    expect(once).toBeLessThan(300_000)
  })

  it('leaves room for a very long one', () => {
    const libc = fakeKernel(() =>
      reply.objects(...Array.from({ length: 20_000 }, () => ({ type: 0x23, payload: new Uint8Array(400) }))),
    )
    const connection = Connection.open({ protocol: Protocol.GENERIC, libc })
    expect(connection.execute({ ...REQUEST, flags: Flag.DUMP })).toHaveLength(20_000)
  })
})

describe('a datagram that is longer than memory', () => {
  it('is refused, and no room is made for it', () => {
    const honest = fakeKernel(() => reply.ok())
    const lengths: number[] = []
    const libc: Libc = {
      ...honest,
      recv: (_fd, buffer) => {
        lengths.push(buffer.length)
        return 0x7fff_ffff
      },
    }
    const connection = Connection.open({ protocol: Protocol.GENERIC, libc })
    expect(() => connection.execute({ ...REQUEST, flags: Flag.DUMP })).toThrow(DECODE)
    expect(Math.max(...lengths)).toBeLessThan(1 << 20)
  })
})

describe('a call that is interrupted for ever', () => {
  it.each(['send', 'recv'] as const)('%s fails with EINTR', (name) => {
    const interrupted = (): never => {
      calls += 1
      if (calls > 1_000_000) throw new Error('it never gives up')
      throw new SyscallError(name, constants.errno.EINTR)
    }
    let calls = 0
    const libc: Libc = { ...fakeKernel(() => reply.ok()), [name]: interrupted }
    const connection = Connection.open({ protocol: Protocol.GENERIC, libc })
    expect(() => connection.execute(REQUEST)).toThrow(expect.objectContaining({ errno: 'EINTR' }))
  })
})

it('nf_tables: an answer without end ends the look', () => {
  const { libc } = endless(object(1, Flag.MULTI, 0xa0f))
  expect(() => Nftables.open({ libc }).tables('inet')).toThrow(DECODE)
})
