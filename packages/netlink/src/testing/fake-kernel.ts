import { constants } from 'node:os'
import { AttributeWriter } from '../attribute-writer.ts'
import { align, LITTLE, viewOf } from '../bytes.ts'
import { ControlType, ErrAttr, Flag, Size, Sock } from '../constants.ts'
import { SyscallError } from '../errors.ts'
import type { Libc } from '../libc/libc.ts'
import { encodeMessage, type Message, readMessages } from '../message.ts'

/** What a fake kernel answers: objects, then success; or an errno; or a failing receive; or datagrams as they are. */
export type Reply =
  | { readonly objects: readonly Pick<Message, 'type' | 'payload'>[]; readonly interrupted?: boolean }
  | { readonly errno: Errno; readonly message?: string; readonly offset?: number }
  | { readonly recv: keyof typeof constants.errno }
  | { readonly datagrams: readonly Uint8Array[] }

/** An errno by its name, or by its number where Node has no name for it. */
export type Errno = keyof typeof constants.errno | number

/** Short forms of {@link Reply}. */
export const reply: {
  /** The request was carried out: an acknowledgement and nothing else. */
  ok(): Reply
  /** The answer to a dump, a message each. */
  objects(...objects: Pick<Message, 'type' | 'payload'>[]): Reply
  /** The request is refused, with the kernel's own sentence if there is one. */
  errno(errno: Errno, message?: string): Reply
} = {
  ok: () => ({ objects: [] }),
  objects: (...objects) => ({ objects }),
  errno: (errno, message) => (message === undefined ? { errno } : { errno, message }),
}

/** As an answer: the kernel says nothing at all, so that the receive runs into its time limit. */
export const SKIP: Reply = { datagrams: [] }

/** Options of {@link fakeKernel}. */
export interface FakeKernelOptions {
  /** The port id that getsockname tells. @default 4242 */
  readonly portId?: number
  /** Called before each receive; an errno it returns is thrown, as a signal or an overrun would. */
  readonly onRecv?: () => keyof typeof constants.errno | undefined
}

/**
 * A kernel in one function: requests in, replies out, behind the real socket and connection code.
 *
 * Several objects are handed out as a multi-part answer in two datagrams with DONE alone in a third, so that
 * draining is really tested; one object comes alone, and with an acknowledgement behind it where the request asks for one.
 */
export function fakeKernel(
  answer: (request: Message) => Reply | readonly Reply[],
  options: FakeKernelOptions = {},
): Libc & {
  /** How many sockets were opened and not closed. */
  readonly openSockets: () => number
} {
  const portId = options.portId ?? 4242
  const queues = new Map<number, Array<Uint8Array | { readonly recv: keyof typeof constants.errno }>>()
  let nextFd = 100
  const queueOf = (fd: number, syscall: string) => {
    const queue = queues.get(fd)
    if (queue === undefined) throw failure(syscall, 'EBADF')
    return queue
  }
  const kernel: Libc & { readonly openSockets: () => number } = {
    name: 'fake',
    openSockets: () => queues.size,
    socket: () => {
      queues.set(nextFd, [])
      nextFd += 1
      return nextFd - 1
    },
    bind: (fd) => void queueOf(fd, 'bind'),
    connect: (fd) => void queueOf(fd, 'connect'),
    setsockopt: (fd) => void queueOf(fd, 'setsockopt'),
    // Netlink options are set here and never read.
    getsockopt: (fd) => {
      queueOf(fd, 'getsockopt')
      throw failure('getsockopt', 'ENOPROTOOPT')
    },
    // There is only one namespace here.
    setns: () => {},
    close: (fd) => {
      queueOf(fd, 'close')
      queues.delete(fd)
    },
    getsockname: (fd, address) => {
      queueOf(fd, 'getsockname')
      viewOf(address).setUint32(4, portId, LITTLE)
      return Size.SOCKADDR_NL
    },
    send: (fd, bytes) => {
      const queue = queueOf(fd, 'send')
      for (const request of readMessages(Uint8Array.from(bytes))) {
        for (const one of [answer(request)].flat()) queue.push(...encodeReply(request, one, portId))
      }
      return bytes.length
    },
    recv: (fd, buffer, flags) => {
      const injected = options.onRecv?.()
      if (injected !== undefined) throw failure('recv', injected)
      const queue = queueOf(fd, 'recv')
      const [first] = queue
      if (first === undefined) throw failure('recv', 'EAGAIN')
      if (!(first instanceof Uint8Array)) {
        queue.shift()
        throw failure('recv', first.recv)
      }
      if ((flags & Sock.MSG_PEEK) === 0) queue.shift()
      buffer.set(first.subarray(0, buffer.length))
      return (flags & Sock.MSG_TRUNC) === 0 ? Math.min(first.length, buffer.length) : first.length
    },
    // As in the kernel, what nobody has asked for is queued with the answers: hand in datagrams with a send.
    recvNow: (fd, buffer, flags) => {
      try {
        return kernel.recv(fd, buffer, flags | Sock.MSG_DONTWAIT)
      } catch (error) {
        if (error instanceof SyscallError && error.errno === 'EAGAIN') return undefined
        throw error
      }
    },
  }
  return kernel
}

function encodeReply(
  request: Message,
  answer: Reply,
  portId: number,
): Array<Uint8Array | { readonly recv: keyof typeof constants.errno }> {
  if ('datagrams' in answer) return [...answer.datagrams]
  if ('recv' in answer) return [{ recv: answer.recv }]
  const { sequence } = request
  if ('errno' in answer) return [encodeError(request, answer, portId)]
  const dump = (request.flags & Flag.DUMP) === Flag.DUMP
  const flags = (dump ? Flag.MULTI : 0) | (answer.interrupted ? Flag.DUMP_INTR : 0)
  const objects = answer.objects.map((one) => padded(encodeMessage({ ...one, flags, sequence, portId })))
  if (!dump)
    return (request.flags & Flag.ACK) === 0 ? objects : [...objects, encodeError(request, {}, portId)]
  const half = Math.ceil(objects.length / 2)
  const done = encodeMessage({ type: ControlType.DONE, flags, sequence, portId, payload: new Uint8Array(4) })
  return [objects.slice(0, half), objects.slice(half), [done]]
    .filter((part) => part.length > 0)
    .map((part) => Buffer.concat(part))
}

/** As the kernel does with NETLINK_CAP_ACK: the errno, the request's header, then the extended-ack attributes. */
function encodeError(
  request: Message,
  answer: {
    readonly errno?: Errno
    readonly message?: string
    readonly offset?: number
  },
  portId: number,
): Uint8Array {
  const head = Buffer.alloc(Size.NLMSGERR_ERROR + Size.NLMSGHDR)
  const { errno = 0 } = answer
  viewOf(head).setInt32(0, -(typeof errno === 'number' ? errno : constants.errno[errno]), LITTLE)
  const extended = new AttributeWriter()
  if (answer.message !== undefined) extended.text(ErrAttr.MSG, answer.message)
  if (answer.offset !== undefined) extended.u32(ErrAttr.OFFS, answer.offset)
  const tlvs = extended.finish()
  const flags = Flag.CAPPED | (tlvs.length > 0 ? Flag.ACK_TLVS : 0)
  const payload = Buffer.concat([head, tlvs])
  return encodeMessage({ type: ControlType.ERROR, flags, sequence: request.sequence, portId, payload })
}

function padded(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(align(bytes.length))
  out.set(bytes)
  return out
}

function failure(syscall: string, errno: keyof typeof constants.errno): SyscallError {
  return new SyscallError(syscall, constants.errno[errno])
}
