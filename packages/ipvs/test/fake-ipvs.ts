import { decodeGenl, Genl, type Libc, type Message } from '@lvscare/netlink'
import { fakeKernel, type Reply, reply } from '@lvscare/netlink/testing'
import { CmdAttr, Command } from '../src/index.ts'
import { type Attributes, errno, FakeTable, read } from './fake-table.ts'
import { configAttributes, destinationAttributes, infoAttributes, serviceAttributes } from './fake-wire.ts'
import { familyReply, genlObject } from './family.ts'

/** A request as the fake kernel saw it. */
export interface SeenRequest {
  readonly command: number
  readonly dump: boolean
}

/** An IPVS kernel in memory, its table, and what was asked of it. */
export interface FakeIpvs {
  readonly libc: Libc & { readonly openSockets: () => number }
  readonly table: FakeTable
  /** Requests to the family, in order, without its look-up. */
  readonly seen: SeenRequest[]
  /** While set, every request to the family is answered with this errno. */
  refuse?: Parameters<typeof reply.errno>[0]
  /** While set, every object of a dump is sent this often. */
  copies: number
}

const FAMILY_ID = 0x23
const FLAG_DUMP = 0x300
/** The number is written out: the package has no name for it, on purpose. */
const CMD_FLUSH = 17

/** A fake kernel with the semantics of IPVS: what is refused with which errno, and how objects come back. */
export function fakeIpvs(): FakeIpvs {
  const fake: FakeIpvs = {
    libc: fakeKernel((request) => answer(fake, request)),
    table: new FakeTable(),
    seen: [],
    copies: 1,
  }
  return fake
}

function answer(fake: FakeIpvs, request: Message): Reply {
  if (request.type === Genl.ID_CTRL) return familyReply(FAMILY_ID)
  // There are no other families.
  if (request.type !== FAMILY_ID) return reply.errno('ENOENT')
  const { command, attributes } = decodeGenl(request.payload)
  const dump = (request.flags & FLAG_DUMP) === FLAG_DUMP
  fake.seen.push({ command, dump })
  if (fake.refuse !== undefined) return reply.errno(fake.refuse)
  return errno.catch(() => {
    const top = read(attributes)
    return dump ? answerDump(fake, command, top) : answerOne(fake.table, command, top)
  })
}

function answerDump({ table, copies }: FakeIpvs, command: number, top: Attributes): Reply {
  const many = (answerCommand: number, objects: Uint8Array[]): Reply =>
    reply.objects(
      ...objects.flatMap((one) =>
        Array.from({ length: copies }, () => genlObject(FAMILY_ID, answerCommand, one)),
      ),
    )
  if (command === Command.GET_SERVICE) return many(Command.NEW_SERVICE, table.services.map(serviceAttributes))
  if (command !== Command.GET_DEST) return reply.errno('EOPNOTSUPP')
  // An unknown service is an empty dump, not an error.
  const service = top.has(CmdAttr.SERVICE) ? table.find(top) : undefined
  return many(Command.NEW_DEST, (service?.destinations ?? []).map(destinationAttributes))
}

function answerOne(table: FakeTable, command: number, top: Attributes): Reply {
  const one = (answerCommand: number, object: Uint8Array) =>
    reply.objects(genlObject(FAMILY_ID, answerCommand, object))
  switch (command) {
    case Command.GET_SERVICE:
      return one(Command.NEW_SERVICE, serviceAttributes(table.need(top)))
    case Command.GET_CONFIG:
      return one(Command.SET_CONFIG, configAttributes(table.timeouts))
    case Command.GET_INFO:
      return one(Command.SET_INFO, infoAttributes())
    case CMD_FLUSH:
      throw new Error('the client must never flush')
    default:
      return change(table, command, top)
  }
}

function change(table: FakeTable, command: number, top: Attributes): Reply {
  const changes: Record<number, () => void> = {
    [Command.NEW_SERVICE]: () => table.addService(top),
    [Command.SET_SERVICE]: () => table.setService(top),
    [Command.DEL_SERVICE]: () => table.deleteService(top),
    [Command.NEW_DEST]: () => table.addDestination(top),
    [Command.SET_DEST]: () => table.setDestination(top),
    [Command.DEL_DEST]: () => table.deleteDestination(top),
    [Command.SET_CONFIG]: () => table.setTimeouts(top),
    [Command.ZERO]: () => table.zero(top),
  }
  const work = changes[command]
  if (work === undefined) return reply.errno('EOPNOTSUPP')
  work()
  return reply.ok()
}
