import { AttributeWriter } from '../attribute-writer.ts'
import { readAttributes } from '../attributes.ts'
import { Connection, type ConnectionOptions, type Request } from '../connection.ts'
import { Flag, Protocol } from '../constants.ts'
import { DecodeError, errnoName, KernelError, NoSubsystemError, SyscallError } from '../errors.ts'
import { GenAttr, Nfnl, NftMsg } from './constants.ts'
import { encodeNfgen, nfgenAttributes, nftType } from './header.ts'

/** Options of {@link Nftables.open}. */
export type NftablesOptions = Omit<ConnectionOptions, 'protocol' | 'strictDumps'>

/** One change of a batch. */
export interface Change {
  /** What an error shall call it. */
  readonly name: string
  /** `NFT_MSG_*`. */
  readonly message: number
  /** Bits beside REQUEST and ACK. @default 0 */
  readonly flags?: number
  readonly payload: Uint8Array
}

/** How often a batch is made anew because somebody else changed a table meanwhile. */
const MAX_COMMITS = 10

/** The two ways nf_tables is spoken to: it is asked for objects, and changed by batches that happen as a whole. */
export class NftExchange {
  readonly #options: NftablesOptions
  #opened: Connection | undefined

  constructor(options: NftablesOptions) {
    this.#options = options
  }

  /** Closes the connection; what is asked next opens a new one. */
  close(): void {
    this.#opened?.close()
    this.#opened = undefined
  }

  /** The number that the kernel adds one to with every commit; throws {@link NoSubsystemError} where there is no nf_tables. */
  generation(): number {
    try {
      return this.#generation()
    } catch (error) {
      // nfnetlink's word for a subsystem that it does not have.
      throw isErrno(error, 'EINVAL') ? new NoSubsystemError('nf_tables', error) : error
    }
  }

  /** The objects that a GET asks for; none when the kernel says ENOENT. Throws as {@link NftExchange.generation}. */
  read(message: number, payload: Uint8Array, how: Pick<Request, 'flags' | 'get'>): Uint8Array[] {
    try {
      return this.#read(message, payload, how)
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return []
      // Refused because there is no nf_tables? Then this throws what says so.
      if (isErrno(error, 'EINVAL')) this.generation()
      throw error
    }
  }

  /**
   * Makes all changes at once, or throws and has made none: {@link KernelError} with the name of the first one that was
   * refused, {@link NoSubsystemError}, or {@link DecodeError} when the kernel took the batch and did nothing.
   */
  commit(changes: readonly Change[]): void {
    for (let commits = 1; ; commits += 1) {
      const generation = this.generation()
      const requests = batchOf(changes, generation)
      const refusal = this.#connection().batch(requests)
      if (refusal === undefined) {
        this.#verify(generation)
        return
      }
      // Somebody else has changed a table since the generation was read.
      if (errnoName(refusal.errno) === 'ERESTART' && commits < MAX_COMMITS) continue
      const name = changes[refusal.index - 1]?.name ?? 'the batch'
      throw new KernelError(refusal.errno, refusal.extended, name)
    }
  }

  /** Every acknowledgement says yes also where the kernel does not commit, such as to a batch without end. */
  #verify(before: number): void {
    const after = this.generation()
    if (after !== before) return
    throw new DecodeError('nf_tables batch', 'a new generation', `the one before, ${before}`)
  }

  #generation(): number {
    const [payload] = this.#read(NftMsg.GETGEN, encodeNfgen(0, 0), { get: true })
    const attributes = payload === undefined ? [] : readAttributes(nfgenAttributes(payload), 'generation')
    const id = attributes.find(({ type }) => type === GenAttr.ID)
    if (id === undefined) throw new DecodeError('generation', 'NFTA_GEN_ID', 'an answer without it')
    return id.be32()
  }

  #read(message: number, payload: Uint8Array, how: Pick<Request, 'flags' | 'get'>): Uint8Array[] {
    const replies = this.#connection().execute({ ...how, type: nftType(message), payload })
    const wanted = nftType(message === NftMsg.GETGEN ? NftMsg.NEWGEN : message - GET_TO_NEW)
    return replies.filter(({ type }) => type === wanted).map((reply) => reply.payload)
  }

  #connection(): Connection {
    try {
      this.#opened ??= Connection.open({ ...this.#options, protocol: Protocol.NETFILTER })
      return this.#opened
    } catch (error) {
      const missing = error instanceof SyscallError && error.errno === 'EPROTONOSUPPORT'
      throw missing ? new NoSubsystemError('nf_tables', error) : error
    }
  }
}

/** Of the objects here, each kind has the number of its GET behind that of its NEW. */
const GET_TO_NEW = 1

function batchOf(changes: readonly Change[], generation: number): Request[] {
  const genid = new AttributeWriter().be32(Nfnl.BATCH_GENID, generation).finish()
  return [
    { type: Nfnl.MSG_BATCH_BEGIN, payload: encodeNfgen(0, Nfnl.SUBSYS_NFTABLES, genid) },
    ...changes.map(({ message, flags = 0, payload }) => ({
      ...{ type: nftType(message), flags: Flag.ACK | flags, payload },
    })),
    { type: Nfnl.MSG_BATCH_END, payload: encodeNfgen(0, Nfnl.SUBSYS_NFTABLES) },
  ]
}

function isErrno(error: unknown, errno: string): error is KernelError {
  return error instanceof KernelError && error.errno === errno
}
