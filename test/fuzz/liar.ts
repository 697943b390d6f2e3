import { constants } from 'node:os'
import { type Libc, Sock, SyscallError } from '@lvscare/netlink'
import type { Random } from '../lab/random.ts'
import { int, type Material, mutate } from './mutate.ts'

/** What a call on a netlink socket may fail with, and what it should not. */
const ERRNOS = ['EINTR', 'ENOBUFS', 'EAGAIN', 'EBADF', 'ENOMEM', 'ECONNREFUSED', 'EPERM', 'EIO'] as const

/** So many datagrams on one socket between two questions are an answer without end: more than any limit lets through. */
const HANG = 400_000

/** How a liar lies. */
export interface LiarOptions {
  readonly random: Random
  /** What other answers are taken from. */
  readonly material: Material
  /** How often a datagram is not what the kernel said. */
  readonly often: number
  /** How often of those an answer has no end. */
  readonly endless: number
}

/** Nobody stopped listening: not an error that anything may throw, so that it is a finding. */
export class HangError extends Error {}

/** A libc between a client and an honest fake kernel, which garbles what the kernel says while `lying`. */
export class Liar {
  readonly libc: Libc
  lying = true
  /** Datagrams handed out since it was last set to 0. */
  datagrams = 0
  readonly #options: LiarOptions
  readonly #honest: Libc
  /** What a socket says for ever. */
  readonly #endless = new Map<number, Uint8Array>()
  readonly #since = new Map<number, number>()
  readonly #buffer = new Uint8Array(1 << 17)

  constructor(honest: Libc, options: LiarOptions) {
    this.#honest = honest
    this.#options = options
    this.libc = {
      ...honest,
      send: (fd, bytes, flags) => this.#send(fd, bytes, flags),
      recv: (fd, buffer, flags) => this.#recv(fd, buffer, flags),
      recvNow: (fd, buffer, flags) => this.#recvNow(fd, buffer, flags),
      socket: (domain, type, protocol) => {
        if (this.#lies(0.05)) throw this.#failure('socket')
        return honest.socket(domain, type, protocol)
      },
    }
  }

  /** From now on the truth, also of what was without end. */
  beHonest(): void {
    this.lying = false
    this.#endless.clear()
  }

  #send(fd: number, bytes: Uint8Array, flags: number): number {
    this.#endless.delete(fd)
    this.#since.set(fd, 0)
    if (this.#lies(0.05)) throw this.#failure('send')
    const sent = this.#honest.send(fd, bytes, flags)
    return this.#lies(0.02) ? int(this.#options.random, sent) : sent
  }

  #recv(fd: number, buffer: Uint8Array, flags: number): number {
    this.#count(fd)
    const { random, material, endless } = this.#options
    const forever = this.#endless.get(fd)
    if (forever !== undefined) return give(forever, buffer, flags)
    if (!this.#lies(1)) return this.#honest.recv(fd, buffer, flags)
    if (random.chance(0.1)) throw this.#failure('recv')
    // An answer that was queued is still there behind one that nobody sent.
    if (random.chance(0.1)) return give(mutate(random.pick(material), material, random), buffer, flags)
    const datagram = this.#take(fd, flags)
    const garbled = addressed(mutate(datagram, material, random), datagram, random)
    if (random.chance(endless)) this.#endless.set(fd, random.pick([new Uint8Array(), garbled, datagram]))
    // A length is what recv says: that of a datagram which is longer than any memory.
    if (random.chance(0.01)) return random.pick([buffer.length + 1, 1 << 20, 1 << 26, 0x7fff_ffff])
    return give(garbled, buffer, flags)
  }

  #recvNow(fd: number, buffer: Uint8Array, flags: number): number | undefined {
    this.#count(fd)
    if (!this.#lies(1)) return this.#honest.recvNow(fd, buffer, flags)
    if (this.#options.random.chance(0.3)) throw this.#failure('recv')
    return this.#options.random.chance(0.5) ? buffer.length : undefined
  }

  /** What the kernel really says, however long; throws what the honest one throws. */
  #take(fd: number, flags: number): Uint8Array {
    const length = this.#honest.recv(fd, this.#buffer, flags & ~Sock.MSG_TRUNC)
    return this.#buffer.slice(0, length)
  }

  #count(fd: number): void {
    this.datagrams += 1
    const since = (this.#since.get(fd) ?? 0) + 1
    this.#since.set(fd, since)
    if (since > HANG) throw new HangError(`${since} datagrams were taken for one answer`)
  }

  #lies(share: number): boolean {
    return this.lying && this.#options.random.chance(this.#options.often * share)
  }

  #failure(syscall: string): SyscallError {
    return new SyscallError(syscall, constants.errno[this.#options.random.pick(ERRNOS)])
  }
}

/** Mostly what is garbled is still for the one who asked: else it would only be passed over. */
function addressed(garbled: Uint8Array, original: Uint8Array, random: Random): Uint8Array {
  if (garbled.length < 16 || original.length < 16 || random.chance(0.1)) return garbled
  garbled.set(original.subarray(8, 16), 8)
  return garbled
}

function give(datagram: Uint8Array, buffer: Uint8Array, flags: number): number {
  buffer.set(datagram.subarray(0, buffer.length))
  return (flags & Sock.MSG_TRUNC) === 0 ? Math.min(datagram.length, buffer.length) : datagram.length
}
