import { constants } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  AttributeWriter,
  Connection,
  ControlType,
  DecodeError,
  ErrAttr,
  encodeMessage,
  Flag,
  KernelError,
  type Message,
  Protocol,
  SyscallError,
} from '../src/index.ts'
import { fakeKernel, hex, type Reply, reply, SKIP } from '../src/testing/index.ts'

const TYPE = 0x20
const PORT = 4242
const object = (...bytes: number[]) => ({ type: TYPE, payload: Uint8Array.from(bytes) })
const GET = { type: TYPE, payload: hex`` }
const DUMP = { ...GET, flags: Flag.DUMP }

type Kernel = ReturnType<typeof fakeKernel>

function connect(kernel: Kernel): Connection {
  return Connection.open({ protocol: Protocol.GENERIC, libc: kernel, timeoutMs: 700 })
}

/** A kernel that gives these answers one after the other, and the requests it saw. */
function script(...answers: ReadonlyArray<Reply | readonly Reply[]>): Kernel & { requests: Message[] } {
  const requests: Message[] = []
  const kernel = fakeKernel((request) => {
    requests.push(request)
    const answer = answers[requests.length - 1]
    if (answer === undefined) throw new Error(`request ${requests.length} was not expected`)
    return answer
  })
  return { ...kernel, requests }
}

/** One message as the kernel would send it to request `sequence`. */
function message(sequence: number, type: number, payload: Uint8Array, flags = 0, portId = PORT): Uint8Array {
  return encodeMessage({ type, flags, sequence, portId, payload })
}

const status = (errno: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(-errno)
  return bytes
}
const ack = (sequence: number): Uint8Array =>
  message(sequence, ControlType.ERROR, Buffer.concat([status(0), new Uint8Array(16)]), Flag.CAPPED)
const payloads = (messages: readonly Message[]): number[][] => messages.map(({ payload }) => [...payload])

describe('requests', () => {
  it('fills in REQUEST, ACK, a new sequence number and port id 0', () => {
    const kernel = script(reply.ok(), reply.ok())
    const connection = connect(kernel)
    expect(connection.execute({ type: TYPE, flags: Flag.CREATE, payload: hex`aabbccdd` })).toEqual([])
    connection.execute(GET)
    expect(kernel.requests).toEqual([
      {
        type: TYPE,
        flags: Flag.CREATE | Flag.REQUEST | Flag.ACK,
        sequence: 1,
        portId: 0,
        payload: hex`aabbccdd`,
      },
      { type: TYPE, flags: Flag.REQUEST | Flag.ACK, sequence: 2, portId: 0, payload: hex`` },
    ])
  })

  it('answers a GET with its object, and leaves no acknowledgement behind', () => {
    const connection = connect(script(reply.objects(object(1, 2, 3, 4)), reply.objects(object(5, 6, 7, 8))))
    expect(payloads(connection.execute(GET))).toEqual([[1, 2, 3, 4]])
    expect(payloads(connection.execute(GET))).toEqual([[5, 6, 7, 8]])
  })

  it('ignores a NOOP', () => {
    const noop = message(1, ControlType.NOOP, hex``)
    const connection = connect(script({ datagrams: [noop, message(1, TYPE, hex`aa`), ack(1)] }))
    expect(payloads(connection.execute(GET))).toEqual([[0xaa]])
  })
})

describe('dumps', () => {
  it('drains several datagrams, with DONE alone in the last', () => {
    const objects = Array.from({ length: 9 }, (_, index) => object(index, 0, 0, 0))
    const connection = connect(script(reply.objects(...objects), reply.ok()))
    expect(connection.execute(DUMP).map(({ payload }) => payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(connection.execute(DUMP)).toEqual([])
  })

  it('takes a DONE in the same datagram as objects', () => {
    const one = Buffer.concat([
      message(1, TYPE, hex`01000000`, Flag.MULTI),
      message(1, ControlType.DONE, status(0), Flag.MULTI),
    ])
    expect(payloads(connect(script({ datagrams: [one] })).execute(DUMP))).toEqual([[1, 0, 0, 0]])
  })

  it('keeps the messages of every datagram, though the socket reuses its buffer', () => {
    const first = message(1, TYPE, new Uint8Array(64).fill(1), Flag.MULTI)
    const second = message(1, TYPE, new Uint8Array(64).fill(2), Flag.MULTI)
    const messages = connect(
      script({ datagrams: [first, second, message(1, ControlType.DONE, status(0), Flag.MULTI)] }),
    ).execute(DUMP)
    expect(messages.map(({ payload }) => new Set(payload))).toEqual([new Set([1]), new Set([2])])
  })

  it.each([32 * 1024, 40_960, 65_537])(
    'takes an object of %d bytes whole: asks again with more room',
    (length) => {
      const big = Uint8Array.from({ length }, (_, index) => index % 251)
      const kernel = fakeKernel(() => reply.objects({ type: TYPE, payload: big }))
      const connection = connect(kernel)
      const [read] = connection.execute({ ...GET, get: true })
      expect(Buffer.compare(read?.payload ?? hex``, big)).toBe(0)
      connection.close()
      expect(kernel.openSockets()).toBe(0)
    },
  )

  it('does not repeat a change whose answer was cut: it may have counted', () => {
    let requests = 0
    const kernel = fakeKernel(() => {
      requests += 1
      return { datagrams: [new Uint8Array(40_000)] }
    })
    expect(() => connect(kernel).execute(GET)).toThrow('expected at most 32768 bytes, received 40000 bytes')
    expect(requests).toBe(1)
  })

  it('ends a GET with its object, and asks for no acknowledgement', () => {
    const flags: number[] = []
    const kernel = fakeKernel((request) => {
      flags.push(request.flags)
      return reply.objects(object(1))
    })
    const connection = connect(kernel)
    for (let n = 0; n < 3; n += 1) {
      expect(connection.execute({ ...GET, get: true }).map(({ payload }) => payload[0])).toEqual([1])
    }
    expect(flags).toEqual([Flag.REQUEST, Flag.REQUEST, Flag.REQUEST])
  })

  it('throws the status of a DONE that failed', () => {
    const datagrams = [
      message(1, TYPE, hex`aa`, Flag.MULTI),
      message(1, ControlType.DONE, status(constants.errno.ENOENT), Flag.MULTI),
    ]
    const connection = connect(script({ datagrams }, reply.ok()))
    expect(() => connection.execute(DUMP)).toThrow('the kernel refused the request with ENOENT')
    expect(connection.execute(DUMP)).toEqual([])
  })

  it('asks again when the dump was interrupted, and answers with the second reading alone', () => {
    const kernel = script({ objects: [object(1), object(2)], interrupted: true }, reply.objects(object(3)))
    expect(
      connect(kernel)
        .execute(DUMP)
        .map(({ payload }) => payload[0]),
    ).toEqual([3])
    expect(kernel.requests.map(({ sequence }) => sequence)).toEqual([1, 2])
  })

  it('asks again when only the DONE says that it was interrupted', () => {
    const done = message(1, ControlType.DONE, status(0), Flag.MULTI | Flag.DUMP_INTR)
    const kernel = script(
      { datagrams: [message(1, TYPE, hex`01`, Flag.MULTI), done] },
      reply.objects(object(2)),
    )
    expect(
      connect(kernel)
        .execute(DUMP)
        .map(({ payload }) => payload[0]),
    ).toEqual([2])
  })

  it('gives up after ten interrupted dumps, and works afterwards', () => {
    const interrupted: Reply = { objects: [object(1)], interrupted: true }
    const kernel = script(...Array.from({ length: 10 }, () => interrupted), reply.objects(object(7)))
    const connection = connect(kernel)
    expect(() => connection.execute(DUMP)).toThrow(
      'the kernel refused the request with EINTR: the dump changed while it was read, 10 times in a row',
    )
    expect(kernel.requests.length).toBe(10)
    expect(connection.execute(DUMP)[0]?.payload[0]).toBe(7)
  })

  it('asks again on a clean socket when the kernel had to drop a part of a dump', () => {
    const kernel = script(
      [reply.objects(object(1)), { recv: 'ENOBUFS' }],
      [{ recv: 'ENOBUFS' }],
      reply.objects(object(2)),
    )
    const connection = connect(kernel)
    expect(connection.execute(DUMP)[0]?.payload[0]).toBe(1)
    expect(connection.execute(DUMP)[0]?.payload[0]).toBe(2)
    expect(kernel.openSockets()).toBe(1)
  })

  it('gives up after ten dumps of which a part was dropped, and says why', () => {
    const kernel = script(...Array.from({ length: 10 }, (): Reply => ({ recv: 'ENOBUFS' })))
    expect(() => connect(kernel).execute(DUMP)).toThrow('recv failed with ENOBUFS')
    expect(kernel.requests.length).toBe(10)
  })

  it('never asks for a change twice', () => {
    const kernel = script({ recv: 'ENOBUFS' }, { objects: [object(1)], interrupted: true })
    const connection = connect(kernel)
    expect(() => connection.execute(GET)).toThrow(SyscallError)
    connection.execute(GET)
    expect(kernel.requests.length).toBe(2)
  })
})

describe('refusals', () => {
  it('carry the errno, and leave the socket open', () => {
    const kernel = script(reply.errno('EEXIST'), reply.ok())
    const connection = connect(kernel)
    expect(() => connection.execute(GET)).toThrow(expect.objectContaining({ errno: 'EEXIST', extended: {} }))
    expect(kernel.openSockets()).toBe(1)
    connection.execute(GET)
  })

  it('carry the extended ack behind a capped copy of the request', () => {
    const kernel = script({ errno: 'EINVAL', message: 'Invalid prefsrc address', offset: 36 })
    expect(() => connect(kernel).execute(GET)).toThrow(
      'the kernel refused the request with EINVAL: Invalid prefsrc address (at byte 36 of the request)',
    )
  })

  it('carry the extended ack behind a whole copy of the request', () => {
    const copy = message(1, TYPE, hex`0102030405`)
    const tlvs = new AttributeWriter().text(ErrAttr.MSG, 'Unknown device type').u32(ErrAttr.OFFS, 40).finish()
    const payload = Buffer.concat([status(constants.errno.EOPNOTSUPP), copy, new Uint8Array(3), tlvs])
    const connection = connect(script({ datagrams: [message(1, ControlType.ERROR, payload, Flag.ACK_TLVS)] }))
    expect(() => connection.execute(GET)).toThrow(
      'the kernel refused the request with EOPNOTSUPP: Unknown device type (at byte 40 of the request)',
    )
  })

  it('end a dump too', () => {
    expect(() => connect(script(reply.errno('EPERM'))).execute(DUMP)).toThrow(KernelError)
  })
})

describe('stale and foreign answers', () => {
  it('are discarded: another sequence, another port id', () => {
    const late = [
      message(99, TYPE, hex`01`),
      ack(99),
      message(1, TYPE, hex`02`, 0, 1),
      message(1, ControlType.ERROR, status(1), 0, 1),
    ]
    const datagrams = [...late, message(1, TYPE, hex`03`), ack(1)]
    expect(payloads(connect(script({ datagrams })).execute(GET))).toEqual([[3]])
  })

  it('knows its own answers by the port id that getsockname tells', () => {
    const kernel = fakeKernel(() => reply.objects(object(1)), { portId: 0xffff_0001 })
    expect(connect(kernel).execute(GET).length).toBe(1)
  })
})

describe('a socket that failed', () => {
  it('is replaced after a time-out, so that the late answer meets nobody', () => {
    const kernel = script(SKIP, reply.objects(object(2)))
    const connection = connect(kernel)
    expect(() => connection.execute(GET)).toThrow(
      'recv failed with EAGAIN: the kernel gave no answer within 700 ms',
    )
    expect(kernel.openSockets()).toBe(0)
    expect(payloads(connection.execute(GET)).map(([first]) => first)).toEqual([2])
    expect(kernel.openSockets()).toBe(1)
  })

  it.each<readonly [string, Reply]>([
    ['garbage', { datagrams: [hex`0000`] }],
    ['an overrun', { datagrams: [message(1, ControlType.OVERRUN, hex``)] }],
    ['an error without its errno', { datagrams: [message(1, ControlType.ERROR, hex`00`)] }],
  ])('is closed after %s', (_name, answer) => {
    const kernel = script(answer, reply.ok())
    const connection = connect(kernel)
    expect(() => connection.execute(GET)).toThrow(DecodeError)
    expect(kernel.openSockets()).toBe(0)
    expect(connection.execute(GET)).toEqual([])
  })

  it('tries again when a signal interrupts', () => {
    let signals = 2
    const kernel = fakeKernel(() => reply.objects(object(1)), {
      onRecv: () => (signals-- > 0 ? 'EINTR' : undefined),
    })
    expect(connect(kernel).execute(GET).length).toBe(1)
  })

  it('is not replaced where there shall be only one', () => {
    const kernel = script(reply.ok(), { recv: 'ENOBUFS' }, reply.ok())
    const only = Connection.open({ protocol: Protocol.GENERIC, libc: kernel, oneSocket: true })
    expect(only.execute(DUMP)).toEqual([])
    expect(() => only.execute(DUMP)).toThrow('recv failed with ENOBUFS')
    for (const call of [() => only.execute(DUMP), () => only.execute(GET), () => only.batch([GET])]) {
      expect(call).toThrow('send failed with EBADF: this netlink socket is closed')
    }
    expect([kernel.requests.length, kernel.openSockets()]).toEqual([2, 0])
  })

  it('that shall be the only one stays open after a refusal and an interrupted dump', () => {
    const kernel = script(
      ...[reply.errno('ENOENT'), { objects: [object(1)], interrupted: true }, reply.objects(object(2))],
    )
    const only = Connection.open({ protocol: Protocol.GENERIC, libc: kernel, oneSocket: true })
    expect(() => only.execute(GET)).toThrow(KernelError)
    expect(payloads(only.execute(DUMP)).map(([first]) => first)).toEqual([2])
    expect(kernel.openSockets()).toBe(1)
  })

  it('close() gives the descriptor back, and the next request opens another', () => {
    const kernel = script(reply.ok(), reply.ok())
    const connection = connect(kernel)
    connection.execute(GET)
    connection.close()
    connection.close()
    expect(kernel.openSockets()).toBe(0)
    connection.execute(GET)
    connection.close()
    expect(kernel.openSockets()).toBe(0)
  })
})
