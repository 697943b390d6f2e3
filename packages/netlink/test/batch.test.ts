import { describe, expect, it } from 'vitest'
import {
  Connection,
  ControlType,
  DecodeError,
  encodeMessage,
  Flag,
  Protocol,
  readMessages,
} from '../src/index.ts'
import { fakeKernel, hex, type Reply, reply, SKIP } from '../src/testing/index.ts'

const TYPE = 0x20
const PORT = 4242
const BEGIN = { type: TYPE, payload: hex`` }
const ONE = { type: TYPE + 1, flags: Flag.ACK, payload: hex`aabbcc` }
const TWO = { type: TYPE + 2, flags: Flag.ACK | Flag.CREATE, payload: hex`01020304` }
const BATCH = [BEGIN, ONE, TWO, BEGIN]

/** A kernel that answers the requests of each batch, by their place in it, and the datagrams it was sent. */
function kernelOf(answer: (place: number, type: number) => Reply | readonly Reply[]) {
  const sent: Uint8Array[] = []
  let place = 0
  const kernel = fakeKernel(({ type }) => answer(place++, type))
  const send = (fd: number, bytes: Uint8Array, flags: number): number => {
    place = 0
    sent.push(Uint8Array.from(bytes))
    return kernel.send(fd, bytes, flags)
  }
  const libc = { ...kernel, send }
  return { libc, sent, connection: Connection.open({ protocol: Protocol.NETFILTER, libc, timeoutMs: 50 }) }
}

function error(sequence: number, errno: number, portId = PORT): Uint8Array {
  const payload = Buffer.alloc(20)
  payload.writeInt32LE(-errno)
  return encodeMessage({ type: ControlType.ERROR, flags: Flag.CAPPED, sequence, portId, payload })
}

describe('Connection.batch', () => {
  it('sends all as one datagram, each aligned and with its own sequence number, and adds REQUEST alone', () => {
    const { connection, sent } = kernelOf(() => reply.ok())
    expect(connection.batch(BATCH)).toBeUndefined()
    expect(sent.length).toBe(1)
    expect(sent[0]?.length).toBe(16 + 20 + 20 + 16)
    const messages = readMessages(sent[0] ?? hex``)
    expect(messages.map(({ type, flags, sequence }) => [type, flags, sequence])).toEqual([
      [TYPE, Flag.REQUEST, 1],
      [TYPE + 1, Flag.REQUEST | Flag.ACK, 2],
      [TYPE + 2, Flag.REQUEST | Flag.ACK | Flag.CREATE, 3],
      [TYPE, Flag.REQUEST, 4],
    ])
    expect([...(messages[1]?.payload ?? [])]).toEqual([0xaa, 0xbb, 0xcc])
  })

  it('tells the first that was refused, and what the kernel said of it', () => {
    const { connection, libc } = kernelOf((place) =>
      place === 0
        ? reply.ok()
        : { errno: place === 1 ? 'EEXIST' : 'EPERM', message: `no ${place}`, offset: 20 },
    )
    expect(connection.batch(BATCH)).toEqual({
      index: 1,
      errno: 17,
      extended: { message: 'no 1', offset: 20 },
    })
    expect(libc.openSockets()).toBe(1)
  })

  it('that is refused as a whole ends at once', () => {
    const { connection } = kernelOf((place) => (place === 0 ? reply.errno(85) : SKIP))
    expect(connection.batch(BATCH)).toEqual({ index: 0, errno: 85, extended: {} })
  })

  it('that the kernel could not commit is refused, though all is acknowledged, and nobody reads these acknowledgements', () => {
    const sequence = { batch: 0 }
    const { connection } = kernelOf((place, type) => {
      if (type === 99) return reply.objects({ type, payload: hex`07070707` })
      sequence.batch += place === 0 ? 1 : 0
      return place === 3 ? { datagrams: [error(1, 12), error(2, 0), error(3, 0)] } : SKIP
    })
    expect(connection.batch(BATCH)?.index).toBe(0)
    const [object] = connection.execute({ type: 99, get: true, payload: hex`` })
    expect([...(object?.payload ?? [])]).toEqual([7, 7, 7, 7])
  })

  it('takes several acknowledgements from one datagram, and nothing that is not about it', () => {
    const other = [
      error(77, 1),
      error(2, 1, 9),
      encodeMessage({ type: 99, flags: 0, sequence: 2, portId: PORT, payload: hex`` }),
    ]
    const { connection } = kernelOf((place) =>
      place === 3 ? { datagrams: [...other, Buffer.concat([error(2, 0), error(3, 0)])] } : SKIP,
    )
    expect(connection.batch(BATCH)).toBeUndefined()
  })

  it('without anything to acknowledge waits for nothing', () => {
    expect(kernelOf(() => SKIP).connection.batch([BEGIN])).toBeUndefined()
  })

  it.each<readonly [string, Reply, string]>([
    ['an acknowledgement is missing', SKIP, 'EAGAIN'],
    ['the kernel had to drop some', { recv: 'ENOBUFS' }, 'ENOBUFS'],
  ])('fails when %s, is not sent again, and goes on with a new socket', (_what, answer, errno) => {
    const { connection, libc, sent } = kernelOf((place) => (place === 2 ? answer : reply.ok()))
    expect(() => connection.batch(BATCH)).toThrow(expect.objectContaining({ name: 'SyscallError', errno }))
    expect([sent.length, libc.openSockets()]).toEqual([1, 0])
    expect(connection.batch([BEGIN, ONE])).toBeUndefined()
  })

  it('fails on garbage', () => {
    const { connection, libc } = kernelOf(() => ({ datagrams: [hex`0000`] }))
    expect(() => connection.batch(BATCH)).toThrow(DecodeError)
    expect(libc.openSockets()).toBe(0)
  })
})
