import { AnswerLimit } from './answer-limit.ts'
import { encodeBatch, type Refusal, receiveBatch } from './batch.ts'
import { ControlType, Flag } from './constants.ts'
import { DecodeError, KernelError, SyscallError } from './errors.ts'
import type { Libc } from './libc/libc.ts'
import { defaultLibc } from './libc/load.ts'
import { encodeMessage, type Message, readMessages, readStatus } from './message.ts'
import { CutError, NetlinkSocket, type SocketOptions } from './socket.ts'

/** How often a read is asked again when the kernel says that its answer is not whole. */
const MAX_READS = 10

/** Longest datagram for which room is made; the kernel's own longest, of a link with very many parts, is a part of it. */
const MAX_DATAGRAM_BYTES = 16 * 1024 * 1024

const EINTR = 4

/** Options of {@link Connection.open}. */
export interface ConnectionOptions {
  /** `NETLINK_*` family, see {@link Protocol}. */
  readonly protocol: number
  /** The binding to libc. @default the one that LVSCARE_FFI names */
  readonly libc?: Libc
  /** Longest wait for one datagram, in whole milliseconds, at least 1. @default 3000 */
  readonly timeoutMs?: number
  /** Let the kernel honour filters in dump requests (rtnetlink, Linux 4.20). @default false */
  readonly strictDumps?: boolean
  /** Never open a second socket, also after a failure: it would be of the network namespace this thread is in by then. @default false */
  readonly oneSocket?: boolean
}

/** One request; header fields that are always the same are filled in. */
export interface Request {
  readonly type: number
  /** Bits beside REQUEST, which is added, and ACK, which is added to a change; DUMP makes it a dump. @default 0 */
  readonly flags?: number
  /** It asks for one object and changes nothing: the object is the whole answer. @default false */
  readonly get?: boolean
  readonly payload: Uint8Array
}

/** Request and answer over one netlink socket: sequence numbers, multi-part answers, acknowledgements. */
export class Connection {
  readonly #oneSocket: boolean
  #options: SocketOptions
  #socket: NetlinkSocket | undefined
  #sequence = 0

  private constructor(options: SocketOptions, oneSocket: boolean) {
    this.#options = options
    this.#oneSocket = oneSocket
    this.#socket = NetlinkSocket.open(options)
  }

  /** Opens a socket of one netlink family; throws {@link SyscallError} or {@link BindingError}. */
  static open(options: ConnectionOptions): Connection {
    const {
      protocol,
      libc = defaultLibc(),
      timeoutMs = 3000,
      strictDumps = false,
      oneSocket = false,
    } = options
    return new Connection({ protocol, libc, timeoutMs, strictDumps }, oneSocket)
  }

  /**
   * Sends a request and returns what the kernel answers: the objects of a GET or a dump, nothing for a change.
   *
   * Throws {@link KernelError} when the kernel refuses, {@link SyscallError} when the socket fails or stays silent,
   * {@link DecodeError} on malformed answers. A read (GET or dump) that the kernel calls inconsistent, of which it
   * dropped a part for lack of buffer, or that did not fit into ours, is asked again.
   */
  execute(request: Request): Message[] {
    const dump = ((request.flags ?? 0) & Flag.DUMP) === Flag.DUMP
    const kind = dump ? 'dump' : request.get ? 'get' : 'change'
    for (let read = 1; ; read += 1) {
      const { messages, broken } = this.#exchange(request, kind)
      // A change is never asked for twice: the first time may have been the one that counted.
      if (kind === 'change' || broken === undefined) return messages
      if (read >= MAX_READS) throw broken
    }
  }

  /**
   * Sends several requests as one datagram, and waits for an acknowledgement of each that has ACK among its flags.
   *
   * Returns the first that was refused, or undefined. The refusal of one that asked for no acknowledgement is about the
   * whole batch, and ends the wait. Throws as {@link Connection.execute}; what has become of the requests is then unknown.
   */
  batch(requests: readonly Request[]): Refusal | undefined {
    this.#socket ??= NetlinkSocket.open(this.#options)
    const messages = requests.map(({ type, flags = 0, payload }) => ({
      ...{ type, flags: Flag.REQUEST | flags, payload },
      ...{ sequence: this.#nextSequence(), portId: 0 },
    }))
    try {
      this.#socket.send(encodeBatch(messages))
      return receiveBatch(this.#socket, messages)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Closes the socket; a later {@link Connection.execute} opens a new one, or fails with EBADF where there shall be only one. */
  close(): void {
    this.#socket?.close()
    if (!this.#oneSocket) this.#socket = undefined
  }

  #exchange(request: Request, kind: Kind): Exchange {
    this.#socket ??= NetlinkSocket.open(this.#options)
    const sequence = this.#nextSequence()
    // The answer to a read says by itself that it was understood.
    const flags = Flag.REQUEST | (kind === 'change' ? Flag.ACK : 0) | (request.flags ?? 0)
    const { type, payload } = request
    try {
      this.#socket.send(encodeMessage({ type, payload, flags, sequence, portId: 0 }))
      return receive(this.#socket, sequence, kind)
    } catch (error) {
      // After anything but a plain refusal the rest of an answer may still be queued: start on a clean socket.
      if (!(error instanceof KernelError)) this.close()
      const isMendable = mendable(error)
      if (isMendable && error instanceof CutError)
        this.#options = { ...this.#options, bufferBytes: roomFor(error.length) }
      if (kind === 'change' || this.#oneSocket || !isMendable) throw error
      return { messages: [], broken: error }
    }
  }

  #nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0 || 1
    return this.#sequence
  }
}

/** What an answer looks like: an acknowledgement; one object; objects and DONE. */
type Kind = 'change' | 'get' | 'dump'

interface Exchange {
  readonly messages: Message[]
  /** Why what was read is not one moment's truth, where it is not. */
  readonly broken?: Error
}

/** True for what asking again may mend: answers that were dropped, or did not fit. */
function mendable(error: unknown): error is Error {
  if (error instanceof CutError) return error.length <= MAX_DATAGRAM_BYTES
  return error instanceof SyscallError && error.errno === 'ENOBUFS'
}

/** The next power of two: the object may have grown a little when it is asked for again. */
function roomFor(length: number): number {
  return 2 ** Math.ceil(Math.log2(length))
}

/** Reads datagrams until the answer to `sequence` has ended with its object, an acknowledgement, an error or DONE. */
function receive(socket: NetlinkSocket, sequence: number, kind: Kind): Exchange {
  const messages: Message[] = []
  const limit = new AnswerLimit()
  let interrupted = false
  for (;;) {
    // The socket reuses its buffer, and messages are kept beyond the next datagram.
    const datagram = Buffer.from(socket.receive())
    const received = readMessages(datagram)
    limit.take(datagram, received)
    for (const message of received) {
      // Answers to a request that was given up earlier, or meant for somebody else.
      if (message.sequence !== sequence || message.portId !== socket.portId) continue
      interrupted ||= (message.flags & Flag.DUMP_INTR) !== 0
      if (endsAnswer(message)) return interrupted ? { messages, broken: interruption() } : { messages }
      if (message.type < ControlType.MIN_TYPE) continue
      messages.push(message)
      if (kind === 'get' && (message.flags & Flag.MULTI) === 0) return { messages }
    }
  }
}

/** What a dump that carries NLM_F_DUMP_INTR amounts to when asking again does not help. */
function interruption(): KernelError {
  return new KernelError(EINTR, {
    message: `the dump changed while it was read, ${MAX_READS} times in a row`,
  })
}

/** True for the last message of an answer; throws what the kernel refused. */
function endsAnswer(message: Message): boolean {
  if (message.type === ControlType.OVERRUN) throw new DecodeError('message', 'no overrun', 'NLMSG_OVERRUN')
  if (message.type !== ControlType.ERROR && message.type !== ControlType.DONE) return false
  const { errno, extended } = readStatus(message)
  if (errno !== 0) throw new KernelError(errno, extended)
  return true
}
