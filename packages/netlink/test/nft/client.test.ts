import { describe, expect, it } from 'vitest'
import {
  encodeMessage,
  KernelError,
  Nftables,
  type NftTable,
  NoSubsystemError,
  readMessages,
  SyscallError,
  sameTable,
} from '../../src/index.ts'
import { fakeKernel, reply, SKIP, toHex } from '../../src/testing/index.ts'
import { FakeNft, type Trouble } from './fake-nft.ts'
import { chainOf, FOUND, RULE, TABLE } from './tables.ts'

const OTHER: NftTable = {
  family: 'inet',
  name: 'other',
  chains: [chainOf(), { name: 'on-call', rules: [RULE, []] }],
}

function open(trouble?: Trouble): { readonly nft: Nftables; readonly kernel: FakeNft } {
  const kernel = new FakeNft(trouble)
  return { nft: Nftables.open({ libc: kernel.libc, timeoutMs: 50 }), kernel }
}

/** What a kernel says to everything when it has no nf_tables, and a machine without nfnetlink. */
const WITHOUT: ReadonlyArray<readonly [string, () => Nftables]> = [
  ['no module nf_tables', () => open({ always: reply.errno('EINVAL') }).nft],
  [
    'no module nfnetlink',
    () => {
      const socket = (): never => {
        throw new SyscallError('socket', 93)
      }
      return Nftables.open({ libc: { ...fakeKernel(() => SKIP), socket } })
    },
  ],
]

describe('replaceTable()', () => {
  it('makes a table that is not there', () => {
    const { nft } = open()
    nft.replaceTable(TABLE)
    expect(nft.table('inet', 'guard')).toEqual(FOUND)
    expect(nft.table('inet6', 'guard')).toBeUndefined()
  })

  it('replaces one that is there with all that was in it, and leaves the others', () => {
    const { nft } = open()
    nft.replaceTable(OTHER)
    nft.replaceTable({ ...TABLE, chains: [chainOf(RULE, RULE), { name: 'more', rules: [] }] })
    nft.replaceTable(TABLE)
    expect(nft.table('inet', 'guard')).toEqual(FOUND)
    expect(sameTable(nft.table('inet', 'other') ?? TABLE, OTHER)).toBe(true)
  })

  it('is one batch, and one generation', () => {
    const { nft, kernel } = open()
    nft.replaceTable(TABLE)
    expect(kernel.generation).toBe(2)
    expect(kernel.log).toEqual([
      ...['GETGEN', 'MSG_BATCH_BEGIN', 'NEWTABLE', 'DELTABLE', 'NEWTABLE', 'NEWCHAIN', 'NEWRULE'],
      ...['MSG_BATCH_END', 'GETGEN'],
    ])
  })

  it('sends the batch at once, from BATCH_BEGIN of that generation to BATCH_END', () => {
    const sent: string[][] = []
    const { kernel } = open()
    const send = (fd: number, bytes: Uint8Array, flags: number): number => {
      sent.push(readMessages(bytes).map((message) => toHex(encodeMessage({ ...message, sequence: 0 }))))
      return kernel.libc.send(fd, bytes, flags)
    }
    Nftables.open({ libc: { ...kernel.libc, send } }).replaceTable(TABLE)
    expect(sent.map(({ length }) => length)).toEqual([1, 7, 1])
    expect(sent[1]?.[0]).toBe('1c000000 10000100 00000000 00000000 0000000a 08000100 00000001')
    expect(sent[1]?.at(-1)).toBe('14000000 11000100 00000000 00000000 0000000a')
  })

  it.each([
    ['NEWTABLE', 'NEWTABLE guard'],
    ['DELTABLE', 'DELTABLE guard'],
    ['NEWCHAIN', 'NEWCHAIN guard post'],
    ['NEWRULE', 'NEWRULE 1 of guard post'],
    ['MSG_BATCH_BEGIN', 'the batch'],
  ])('a refused %s changes nothing, and the error names it', (refused, name) => {
    const { nft, kernel } = open({ refuse: (one) => (one === refused ? 'EPERM' : undefined) })
    const text = refused === 'MSG_BATCH_BEGIN' ? '' : ': no'
    expect(() => nft.replaceTable(TABLE)).toThrow(`the kernel refused ${name} with EPERM${text}`)
    expect([kernel.tables.size, kernel.generation]).toEqual([0, 1])
    // The next request is not taken in by what is still to be read.
    expect(nft.tables('inet')).toEqual([])
  })

  it('of several refusals the first is told', () => {
    const { nft } = open({ refuse: (name) => (name.startsWith('NEW') ? 'EBUSY' : undefined) })
    expect(() => nft.replaceTable(TABLE)).toThrow('the kernel refused NEWTABLE guard with EBUSY')
  })

  it('names the rule that is refused', () => {
    let rules = 0
    const { nft } = open({ refuse: (name) => (name === 'NEWRULE' && ++rules === 2 ? 'EINVAL' : undefined) })
    const two = { ...TABLE, chains: [chainOf(RULE, RULE, RULE)] }
    expect(() => nft.replaceTable(two)).toThrow('refused NEWRULE 2 of guard post with EINVAL')
  })

  it('is made anew when somebody else was faster, ten times', () => {
    const { nft, kernel } = open({ races: 9 })
    nft.replaceTable(TABLE)
    expect(kernel.log.filter((name) => name === 'MSG_BATCH_BEGIN').length).toBe(10)
    expect(nft.table('inet', 'guard')).toEqual(FOUND)
    const lost = open({ races: 10 })
    expect(() => lost.nft.replaceTable(TABLE)).toThrow('the kernel refused the batch with ERESTART')
    expect(lost.kernel.tables.size).toBe(0)
  })

  it('that is acknowledged and has no effect is an error', () => {
    const { nft } = open({ forgetful: true })
    expect(() => nft.replaceTable(TABLE)).toThrow(
      'nf_tables batch: expected a new generation, received the one before, 1',
    )
  })

  it('that is never acknowledged ends after the time limit, and the connection is opened anew', () => {
    const { nft, kernel } = open()
    let silent = true
    const libc = fakeKernel((request) => {
      if (request.type === (10 << 8) + 16) return objectsOf(kernel)
      return silent ? SKIP : reply.ok()
    })
    expect(nft.generation()).toBe(1)
    const quiet = Nftables.open({ libc, timeoutMs: 50 })
    expect(() => quiet.replaceTable(TABLE)).toThrow(
      'recv failed with EAGAIN: the kernel gave no answer within 50 ms',
    )
    expect(libc.openSockets()).toBe(0)
    silent = false
    expect(quiet.generation()).toBe(1)
  })

  it.each([
    ['an empty name', { ...TABLE, name: '' }],
    ['a long name', { ...TABLE, name: 'x'.repeat(256) }],
    ['a name with a NUL', { ...TABLE, name: 'a\0b' }],
    ['an empty name of a chain', { ...TABLE, chains: [{ name: '', rules: [] }] }],
    ['an expression of somebody else', { ...TABLE, chains: [chainOf([{ kind: 'other', name: 'limit' }])] }],
  ])('refuses %s before anything is sent', (_what, table) => {
    const { nft, kernel } = open()
    expect(() => nft.replaceTable(table as NftTable)).toThrow(RangeError)
    expect(kernel.log).toEqual([])
  })
})

/** What GETGEN is answered. */
function objectsOf({ generation }: FakeNft): ReturnType<typeof reply.objects> {
  const payload = Uint8Array.of(0, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, generation)
  return reply.objects({ type: (10 << 8) + 15, payload })
}

describe('deleteTable()', () => {
  it('says whether there was one', () => {
    const { nft, kernel } = open()
    nft.replaceTable(TABLE)
    nft.replaceTable(OTHER)
    expect(nft.deleteTable('inet6', 'guard')).toBe(false)
    expect(nft.deleteTable('inet', 'guard')).toBe(true)
    expect(nft.deleteTable('inet', 'guard')).toBe(false)
    expect(nft.tables('inet')).toEqual(['other'])
    expect(kernel.generation).toBe(4)
  })

  it('passes other refusals on', () => {
    const { nft } = open({ refuse: () => 'EPERM' })
    expect(() => nft.deleteTable('inet', 'guard')).toThrow(KernelError)
  })
})

describe('table()', () => {
  it('asks for all chains only when there are some without a rule', () => {
    const { nft, kernel } = open()
    nft.replaceTable(TABLE)
    nft.replaceTable(OTHER)
    nft.replaceTable({ ...OTHER, family: 'inet6' })
    for (const [name, chains] of [
      ['guard', 1],
      ['other', 2],
    ] as const) {
      kernel.log.length = 0
      expect(nft.table('inet', name)?.chains.length).toBe(chains)
      expect(kernel.log).toEqual(['GETTABLE', 'GETRULE', 'GETCHAIN'])
    }
    expect(nft.table('inet', 'other')?.chains.map(({ name, rules }) => [name, rules.length])).toEqual([
      ['post', 0],
      ['on-call', 2],
    ])
  })

  it('passes refusals on', () => {
    const { nft } = open({ always: reply.errno('EPERM') })
    for (const call of [
      () => nft.table('inet', 'guard'),
      () => nft.tables('inet'),
      () => nft.generation(),
      () => nft.replaceTable(TABLE),
      () => nft.deleteTable('inet', 'guard'),
    ]) {
      expect(call).toThrow(expect.objectContaining({ name: 'KernelError', errno: 'EPERM' }))
    }
  })

  it('of a refusal that is not about nf_tables says what the kernel said', () => {
    const kernel = new FakeNft()
    const libc = fakeKernel((request) =>
      request.type === (10 << 8) + 16 ? objectsOf(kernel) : reply.errno('EINVAL'),
    )
    expect(() => Nftables.open({ libc }).table('inet', 'guard')).toThrow(KernelError)
  })
})

describe.each(WITHOUT)('with %s', (_what, without) => {
  it('there is nothing to read and nothing to delete', () => {
    expect(without().tables('inet')).toEqual([])
    expect(without().table('inet', 'guard')).toBeUndefined()
    expect(without().deleteTable('inet', 'guard')).toBe(false)
  })

  it('generation() and replaceTable() say so', () => {
    for (const call of [() => without().generation(), () => without().replaceTable(TABLE)]) {
      expect(call).toThrow(NoSubsystemError)
      expect(call).toThrow('this kernel has no nf_tables, and no module that it could load brings it')
    }
  })
})

describe('Nftables', () => {
  it('opens with the first call, closes, and opens again', () => {
    const { nft, kernel } = open()
    expect(kernel.libc.openSockets()).toBe(0)
    nft.generation()
    expect(kernel.libc.openSockets()).toBe(1)
    nft.close()
    nft.close()
    expect(kernel.libc.openSockets()).toBe(0)
    expect(nft.generation()).toBe(1)
  })

  it('refuses an answer without a generation', () => {
    const { nft } = open({ always: reply.objects({ type: (10 << 8) + 15, payload: new Uint8Array(4) }) })
    expect(() => nft.generation()).toThrow('generation: expected NFTA_GEN_ID, received an answer without it')
  })
})
