import { readAttributes } from '../../src/attributes.ts'
import { AttributeWriter, Flag, type Libc, type Message } from '../../src/index.ts'
import { decodeChain } from '../../src/nft/chain-codec.ts'
import { GenAttr, Nfnl, NftMsg, TableAttr } from '../../src/nft/constants.ts'
import { encodeNfgen, nfgenAttributes, nftType } from '../../src/nft/header.ts'
import { decodeRule } from '../../src/nft/rule-codec.ts'
import { decodeTable } from '../../src/nft/table-codec.ts'
import { type Errno, fakeKernel, nameIn, type Reply, reply, SKIP } from '../../src/testing/index.ts'

interface Stored {
  readonly payload: Uint8Array
  readonly chains: Map<string, Uint8Array>
  readonly rules: Uint8Array[]
}

/** How a {@link FakeNft} misbehaves. */
export interface Trouble {
  /** Refuses a message of a batch; BATCH_BEGIN and BATCH_END are messages too. */
  readonly refuse?: (name: string, payload: Uint8Array) => Errno | undefined
  /** How often somebody else commits between the reading of the generation and the batch. */
  readonly races?: number
  /** Acknowledges everything and commits nothing, as the kernel does to a batch without end. */
  readonly forgetful?: boolean
  /** What every request is answered with. */
  readonly always?: Reply
}

/** nf_tables in memory: tables by family and name, and batches that happen as a whole. */
export class FakeNft {
  generation = 1
  tables = new Map<string, Stored>()
  /** The names of all messages, in order. */
  readonly log: string[] = []
  readonly libc: Libc & { readonly openSockets: () => number }
  #staged: Map<string, Stored> | undefined
  #refused = false
  #races: number
  readonly #trouble: Trouble

  constructor(trouble: Trouble = {}) {
    this.#trouble = trouble
    this.#races = trouble.races ?? 0
    this.libc = fakeKernel((request) => this.#answer(request))
  }

  #answer(request: Message): Reply {
    const name = nameOf(request.type)
    this.log.push(name)
    if (this.#trouble.always !== undefined) return this.#trouble.always
    if (name === 'MSG_BATCH_BEGIN') return this.#begin(request.payload)
    if (name === 'MSG_BATCH_END') return this.#end()
    if (name.startsWith('GET')) return this.#get(name, request)
    // Outside a batch.
    if (this.#staged === undefined) return this.#refused ? SKIP : reply.errno('EINVAL')
    const errno = this.#trouble.refuse?.(name, request.payload) ?? this.#change(name, request, this.#staged)
    this.#refused ||= errno !== undefined
    return errno === undefined ? reply.ok() : reply.errno(errno, 'no')
  }

  #begin(payload: Uint8Array): Reply {
    if (this.#races > 0) this.generation += 1
    this.#races -= 1
    const [genid] = readAttributes(nfgenAttributes(payload))
    const errno = this.#trouble.refuse?.('MSG_BATCH_BEGIN', payload)
    // Of a batch that is refused as a whole the kernel says nothing else.
    this.#refused = errno !== undefined || genid?.be32() !== this.generation
    if (errno !== undefined) return reply.errno(errno)
    if (this.#refused) return reply.errno(ERESTART)
    this.#staged = new Map([...this.tables].map(([key, one]) => [key, clone(one)]))
    return reply.ok()
  }

  #end(): Reply {
    const staged = this.#staged
    this.#staged = undefined
    if (staged === undefined || this.#refused || this.#trouble.forgetful === true) return reply.ok()
    this.tables = staged
    this.generation += 1
    return reply.ok()
  }

  #change(name: string, { payload, flags }: Message, tables: Map<string, Stored>): Errno | undefined {
    const key = keyOf(name, payload)
    const table = tables.get(key)
    if (name === 'NEWTABLE') {
      if (table === undefined && (flags & Flag.CREATE) === 0) return 'ENOENT'
      if (table === undefined) tables.set(key, { payload: copy(payload), chains: new Map(), rules: [] })
    } else if (table === undefined) return 'ENOENT'
    else if (name === 'DELTABLE') tables.delete(key)
    else if (name === 'NEWCHAIN') table.chains.set(decodeChain(payload).name, copy(payload))
    else if (name === 'NEWRULE') table.rules.push(copy(payload))
    return undefined
  }

  #get(name: string, { payload, flags }: Message): Reply {
    if (name === 'GETGEN') {
      const id = new AttributeWriter().be32(GenAttr.ID, this.generation).finish()
      return objects(NftMsg.NEWGEN, [encodeNfgen(0, 0, id)])
    }
    const family = payload[0] ?? 0
    const stored = [...this.tables].filter(([key]) => key.startsWith(`${family}/`)).map(([, one]) => one)
    const one = this.tables.get(keyOf(name, payload))
    if ((flags & Flag.DUMP) === 0 && one === undefined) return reply.errno('ENOENT')
    if (name === 'GETTABLE')
      return objects(NftMsg.NEWTABLE, (one === undefined ? stored : [one]).map(withUse))
    if (name === 'GETRULE') return objects(NftMsg.NEWRULE, one?.rules ?? [])
    if ((flags & Flag.DUMP) !== 0) {
      return objects(
        NftMsg.NEWCHAIN,
        stored.flatMap(({ chains }) => [...chains.values()]),
      )
    }
    const chain = one?.chains.get(decodeChain(payload).name)
    return chain === undefined ? reply.errno('ENOENT') : objects(NftMsg.NEWCHAIN, [chain])
  }
}

/** Node knows no name for it. */
const ERESTART = 85

function nameOf(type: number): string {
  return type < nftType(0) ? nameIn(Nfnl, type) : nameIn(NftMsg, type - nftType(0))
}

function keyOf(name: string, payload: Uint8Array): string {
  const table = name.endsWith('TABLE')
    ? decodeTable(payload).name
    : name.endsWith('CHAIN')
      ? decodeChain(payload).table
      : decodeRule(payload).table
  return `${payload[0]}/${table}`
}

function objects(message: number, payloads: readonly Uint8Array[]): Reply {
  return reply.objects(...payloads.map((payload) => ({ type: nftType(message), payload })))
}

function withUse({ payload, chains }: Stored): Uint8Array {
  return Buffer.concat([payload, new AttributeWriter().be32(TableAttr.USE, chains.size).finish()])
}

function clone({ payload, chains, rules }: Stored): Stored {
  return { payload, chains: new Map(chains), rules: [...rules] }
}

function copy(payload: Uint8Array): Uint8Array {
  return Uint8Array.from(payload)
}
