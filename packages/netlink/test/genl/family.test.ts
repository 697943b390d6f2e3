import { describe, expect, it } from 'vitest'
import { AttributeWriter, CtrlAttr, Flag, GenlFamily, type Message, NoFamilyError } from '../../src/index.ts'
import { fakeKernel, hex, type Reply, reply } from '../../src/testing/index.ts'

const CONTROLLER = 16

/** A kernel with one family, whose id a test may change; `undefined` is a kernel without it. */
function kernelWith(start: number | undefined, answer: (request: Message) => Reply) {
  const state = { id: start, requests: [] as Message[], lookups: 0 }
  const libc = fakeKernel((request) => {
    if (request.type === CONTROLLER) {
      state.lookups += 1
      return state.id === undefined ? reply.errno('ENOENT') : familyReply(state.id)
    }
    state.requests.push(request)
    return request.type === state.id ? answer(request) : reply.errno('ENOENT')
  })
  return { state, libc }
}

function familyReply(id: number): Reply {
  const attributes = new AttributeWriter()
    .u16(CtrlAttr.FAMILY_ID, id)
    .text(CtrlAttr.FAMILY_NAME, 'TEST')
    .u32(CtrlAttr.VERSION, 7)
    .finish()
  return reply.objects({ type: CONTROLLER, payload: Buffer.concat([hex`01020000`, attributes]) })
}

const ASK = { command: 4, attributes: hex`0400 0100` }
const object = (type: number): Reply => reply.objects({ type, payload: hex`05010000 0400 0200` })

describe('GenlFamily', () => {
  it('sends command and version to the id of the family, and decodes what comes back', () => {
    const { state, libc } = kernelWith(35, () => object(35))
    const family = GenlFamily.open('TEST', { libc })
    expect(family.info).toEqual({ id: 35, name: 'TEST', version: 7 })
    const replies = family.get(ASK).map(({ command, attributes }) => [command, ...attributes])
    expect(replies).toEqual([[5, ...hex`0400 0200`]])
    const [request] = state.requests
    expect([...(request?.payload ?? [])]).toEqual([...hex`04070000 0400 0100`])
    expect(request?.flags).toBe(Flag.REQUEST)
  })

  it('dump() asks for all', () => {
    const { state, libc } = kernelWith(35, () =>
      reply.objects(...[1, 2, 3].map((command) => ({ type: 35, payload: Uint8Array.of(command, 1, 0, 0) }))),
    )
    const replies = GenlFamily.open('TEST', { libc }).dump(ASK)
    expect(replies.map(({ command }) => command)).toEqual([1, 2, 3])
    expect((state.requests[0]?.flags ?? 0) & Flag.DUMP).toBe(Flag.DUMP)
  })

  it('leaves out messages of another type', () => {
    const { libc } = kernelWith(35, () => reply.objects({ type: 36, payload: hex`05010000` }))
    expect(GenlFamily.open('TEST', { libc }).get(ASK)).toEqual([])
  })

  it.each(['get', 'dump'] as const)(
    '%s() finds the family again, once, when its id has changed',
    (method) => {
      const { state, libc } = kernelWith(35, (request) => object(request.type))
      const family = GenlFamily.open('TEST', { libc })
      state.id = 32
      expect(family[method](ASK).length).toBe(1)
      expect(family.info.id).toBe(32)
      expect([state.lookups, state.requests.map(({ type }) => type)]).toEqual([2, [35, 32]])
    },
  )

  it('ENOENT stays ENOENT when the family is where it was', () => {
    const { state, libc } = kernelWith(35, () => reply.errno('ENOENT'))
    const family = GenlFamily.open('TEST', { libc })
    expect(() => family.get(ASK)).toThrow(expect.objectContaining({ name: 'KernelError', errno: 'ENOENT' }))
    expect([state.lookups, state.requests.length]).toEqual([2, 1])
  })

  it('ENOENT of the second try is not tried a third time', () => {
    const { state, libc } = kernelWith(35, () => reply.errno('ENOENT'))
    const family = GenlFamily.open('TEST', { libc })
    state.id = 32
    expect(() => family.get(ASK)).toThrow(expect.objectContaining({ errno: 'ENOENT' }))
    expect(state.requests.length).toBe(2)
  })

  it('any other refusal looks nothing up', () => {
    const { state, libc } = kernelWith(35, () => reply.errno('ESRCH'))
    const family = GenlFamily.open('TEST', { libc })
    expect(() => family.get(ASK)).toThrow(expect.objectContaining({ errno: 'ESRCH' }))
    expect(state.lookups).toBe(1)
  })

  it('says that the family is missing, at first or later, and leaves no socket behind', () => {
    const none = kernelWith(undefined, () => reply.ok())
    expect(() => GenlFamily.open('TEST', { libc: none.libc })).toThrow(NoFamilyError)
    expect(none.libc.openSockets()).toBe(0)

    const { state, libc } = kernelWith(35, () => reply.ok())
    const family = GenlFamily.open('TEST', { libc })
    state.id = undefined
    expect(() => family.get(ASK)).toThrow(NoFamilyError)
    family.close()
    expect(libc.openSockets()).toBe(0)
  })
})
