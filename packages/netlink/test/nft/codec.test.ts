import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AddressFamily,
  counter,
  DecodeError,
  encodeMessage,
  masquerade,
  matchOriginalDestination,
  matchOriginalPort,
  matchProtocol,
  matchSource,
  type NftChain,
  type NftExpression,
  type NftHook,
  type NftRule,
  readAttributes,
} from '../../src/index.ts'
import { decodeChain, encodeChain } from '../../src/nft/chain-codec.ts'
import { readExpression } from '../../src/nft/expression-codec.ts'
import { nfgenAttributes } from '../../src/nft/header.ts'
import { decodeRule, encodeRule } from '../../src/nft/rule-codec.ts'
import { decodeTable, encodeTable, encodeTableKey } from '../../src/nft/table-codec.ts'
import { hex, toHex } from '../../src/testing/index.ts'

// Whole messages that a 6.1 and a 6.12 kernel took as they are, and that nft(8) printed as the comments say.
const GOLDEN = {
  newTable: hex`2c000000 000a0504 02000000 00000000 02000000 0d000100 6c767367 75617264 00000000 08000200 00000000`,
  delTable: hex`24000000 020a0500 03000000 00000000 02000000 0d000100 6c767367 75617264 00000000`,
  newChain: hex`54000000 030a0504 05000000 00000000 02000000 0d000100 6c767367 75617264 00000000
    09000300 706f7374 00000000 14000480 08000100 00000004 08000200 00000064 08000500 00000001 08000700 6e617400`,
  // ct original ip daddr 10.99.0.1 meta l4proto tcp ct original proto-dst 6443 counter masquerade
  newRule: hex`6c010000 060a050c 06000000 00000000 02000000 0d000100 6c767367 75617264 00000000 09000200 706f7374 00000000
    3c010480 28000180 07000100 63740000 1c000280 08000100 00000001 08000200 00000014 05000300 00000000
    2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 08000100 0a630001
    24000180 09000100 6d657461 00000000 14000280 08000100 00000001 08000200 00000010
    2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 05000100 06000000
    28000180 07000100 63740000 1c000280 08000100 00000001 08000200 0000000c 05000300 00000000
    2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 06000100 192b0000
    2c000180 0c000100 636f756e 74657200 1c000280 0c000100 00000000 00000000 0c000200 00000000 00000000
    14000180 09000100 6d617371 00000000 04000280`,
  // ip daddr 10.0.0.11 tcp dport 6443 masquerade, with flags of masquerade that are 0
  otherRule: hex`60010000 060a050c 07000000 00000000 02000000 0d000100 6c767367 75617264 00000000 09000200 706f7374 00000000
    30010480 34000180 0c000100 7061796c 6f616400 24000280 08000100 00000001 08000200 00000001 08000300 00000010
    08000400 00000004 2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 08000100 0a00000b
    24000180 09000100 6d657461 00000000 14000280 08000100 00000001 08000200 00000010
    2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 05000100 06000000
    34000180 0c000100 7061796c 6f616400 24000280 08000100 00000001 08000200 00000002 08000300 00000002 08000400 00000002
    2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 06000100 192b0000
    1c000180 09000100 6d617371 00000000 0c000280 08000100 00000000`,
} as const

const KEY = { family: 'inet', name: 'lvsguard' } as const
const CHAIN: NftChain = { name: 'post', base: { type: 'nat', hook: 'postrouting', priority: 100 }, rules: [] }
const RULE: NftRule = [
  ...matchOriginalDestination('10.99.0.1'),
  ...matchProtocol(6),
  ...matchOriginalPort(6443),
  counter(),
  masquerade(),
]

function messageOf(type: number, flags: number, sequence: number, payload: Uint8Array): string {
  return toHex(encodeMessage({ type: 0x0a00 | type, flags, sequence, portId: 0, payload }))
}

describe('golden messages', () => {
  it('are what is written', () => {
    expect(messageOf(0, 0x405, 2, encodeTable(KEY))).toBe(toHex(GOLDEN.newTable))
    expect(messageOf(2, 0x5, 3, encodeTableKey(KEY))).toBe(toHex(GOLDEN.delTable))
    expect(messageOf(3, 0x405, 5, encodeChain(KEY, CHAIN))).toBe(toHex(GOLDEN.newChain))
    expect(messageOf(6, 0xc05, 6, encodeRule(KEY, 'post', RULE))).toBe(toHex(GOLDEN.newRule))
  })

  it('read as what they were made of', () => {
    expect(decodeTable(GOLDEN.newTable.subarray(16))).toEqual({ name: 'lvsguard', dormant: false, use: 0 })
    expect(decodeTable(GOLDEN.delTable.subarray(16)).name).toBe('lvsguard')
    const { rules: _, ...chain } = CHAIN
    const base = { ...CHAIN.base, policy: 'accept' }
    expect(decodeChain(GOLDEN.newChain.subarray(16))).toEqual({ ...chain, table: 'lvsguard', base })
    expect(decodeRule(GOLDEN.newRule.subarray(16))).toEqual({ table: 'lvsguard', chain: 'post', rule: RULE })
  })

  it('of which only a part could be written here read as that, and other', () => {
    const { rule } = decodeRule(GOLDEN.otherRule.subarray(16))
    expect(rule.map(({ kind }) => kind)).toEqual(['payload', 'cmp', 'meta', 'cmp', 'other', 'cmp', 'other'])
    expect(rule[0]).toEqual({ kind: 'payload', base: 'network', offset: 16, length: 4 })
    expect(rule[1]).toEqual({ kind: 'cmp', op: 'eq', value: hex`0a00000b` })
  })
})

describe('builders', () => {
  it('of IPv4 and IPv6 read other things', () => {
    const value6 = hex`fd000099 00000000 00000000 00000001`
    expect(matchOriginalDestination('fd00:99::1', 'neq')).toEqual([
      { kind: 'ct', key: 'dst-ip6', direction: 'original' },
      { kind: 'cmp', op: 'neq', value: value6 },
    ])
    expect(matchSource('fd00:99::1')).toEqual([
      { kind: 'payload', base: 'network', offset: 8, length: 16 },
      { kind: 'cmp', op: 'eq', value: value6 },
    ])
    expect(matchSource('10.0.0.1', 'neq')).toEqual([
      { kind: 'payload', base: 'network', offset: 12, length: 4 },
      { kind: 'cmp', op: 'neq', value: hex`0a000001` },
    ])
  })

  it.each<readonly [string, () => unknown]>([
    ['no address', () => matchSource('localhost')],
    ['no address', () => matchOriginalDestination('')],
    ['no port', () => matchOriginalPort(65_536)],
    ['no protocol', () => matchProtocol(256)],
  ])('refuse %s', (_what, call) => {
    expect(call).toThrow(RangeError)
  })
})

const HOOKS: readonly NftHook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting']
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const anyExpression: fc.Arbitrary<NftExpression> = fc.oneof(
  fc.record({
    kind: fc.constant('ct' as const),
    key: fc.constantFrom('dst-ip' as const, 'dst-ip6' as const, 'proto-dst' as const),
    direction: fc.constant('original' as const),
  }),
  fc.constant({ kind: 'meta' as const, key: 'l4proto' as const }),
  fc.record({
    kind: fc.constant('payload' as const),
    base: fc.constant('network' as const),
    offset: u32,
    length: u32,
  }),
  fc.record({
    kind: fc.constant('cmp' as const),
    op: fc.constantFrom('eq' as const, 'neq' as const),
    value: fc.uint8Array({ maxLength: 16 }),
  }),
  fc.record({ kind: fc.constant('counter' as const), packets: u64, bytes: u64 }),
  fc.constant({ kind: 'masq' as const }),
)
const anyName = fc.string({ minLength: 1, maxLength: 255, unit: fc.constantFrom(...'abcXYZ019-_./ü') })
const anyFamily = fc.constantFrom<AddressFamily>('inet', 'inet6')
const anyBase = fc.record({
  type: fc.constantFrom('nat', 'filter', 'route'),
  hook: fc.constantFrom(...HOOKS),
  priority: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  policy: fc.constantFrom('accept' as const, 'drop' as const),
})

describe('what is written is read again', () => {
  it('tables', () => {
    fc.assert(
      fc.property(anyFamily, anyName, fc.boolean(), (family, name, dormant) => {
        const payload = encodeTable({ family, name, dormant })
        expect([payload[0], decodeTable(payload)]).toEqual([
          family === 'inet' ? 2 : 10,
          { name, dormant, use: 0 },
        ])
      }),
    )
  })

  it('chains', () => {
    fc.assert(
      fc.property(
        anyFamily,
        anyName,
        anyName,
        fc.option(anyBase, { nil: undefined }),
        (family, table, name, base) => {
          const chain = base === undefined ? { name } : { name, base }
          expect(decodeChain(encodeChain({ family, name: table }, { ...chain, rules: [] }))).toEqual({
            table,
            ...chain,
          })
        },
      ),
    )
  })

  it('rules', () => {
    fc.assert(
      fc.property(anyName, anyName, fc.array(anyExpression), (name, chain, rule) => {
        const payload = encodeRule({ family: 'inet6', name }, chain, rule)
        expect(decodeRule(payload)).toEqual({ table: name, chain, rule })
      }),
    )
  })
})

/** One expression with the bytes of its data as they are. */
function expressionOf(name: string, data: Uint8Array): NftExpression {
  const text = Buffer.from(`${name}\0`)
  const attribute = (type: number, payload: Uint8Array): Buffer => {
    const bytes = Buffer.alloc((payload.length + 7) & ~3)
    bytes.writeUInt16LE(payload.length + 4, 0)
    bytes.writeUInt16LE(type, 2)
    bytes.set(payload, 4)
    return bytes
  }
  const element = attribute(1, Buffer.concat([attribute(1, text), attribute(0x8002, data)]))
  const [read] = readAttributes(element)
  if (read === undefined) throw new Error('no element')
  return readExpression(read)
}

describe('what is not written here reads as other', () => {
  it.each([
    ['an unknown expression', 'limit', hex`08000100 00000001`],
    ['an expression without data', 'ct', hex``],
    ['ct into another register', 'ct', hex`08000100 00000002 08000200 00000014 05000300 00000000`],
    ['ct of another key', 'ct', hex`08000100 00000001 08000200 00000000 05000300 00000000`],
    ['ct of the reply', 'ct', hex`08000100 00000001 08000200 00000014 05000300 01000000`],
    ['ct without a direction', 'ct', hex`08000100 00000001 08000200 00000014`],
    ['ct set from a register', 'ct', hex`08000400 00000001 08000200 00000003`],
    ['meta of another key', 'meta', hex`08000100 00000001 08000200 00000003`],
    [
      'payload of another header',
      'payload',
      hex`08000100 00000001 08000200 00000002 08000300 00000000 08000400 00000002`,
    ],
    ['payload without a length', 'payload', hex`08000100 00000001 08000200 00000001 08000300 00000000`],
    ['cmp lower than', 'cmp', hex`08000100 00000001 08000200 00000002 0c000380 08000100 0a630001`],
    ['cmp of another register', 'cmp', hex`08000100 00000002 08000200 00000000 0c000380 08000100 0a630001`],
    ['cmp with nothing', 'cmp', hex`08000100 00000001 08000200 00000000 04000380`],
    ['half a counter', 'counter', hex`0c000100 00000000 00000000`],
    ['masq with flags', 'masq', hex`08000100 00000004`],
  ])('%s', (_what, name, data) => {
    expect(expressionOf(name, data)).toEqual({ kind: 'other', name })
  })

  it('a counter with padding is a counter', () => {
    const data = hex`04000300 0c000100 00000000 00000005 04000300 0c000200 00000000 00000007`
    expect(expressionOf('counter', data)).toEqual({ kind: 'counter', packets: 7n, bytes: 5n })
  })

  it('a hook without a name is its number, and no chain can be made there', () => {
    const payload = Uint8Array.from(GOLDEN.newChain.subarray(16))
    payload[43] = 5
    const chain = decodeChain(payload)
    expect(chain.base?.hook).toBe('hook-5')
    expect(() => encodeChain(KEY, { ...chain, rules: [] })).toThrow('"hook-5" is not a hook')
  })
})

describe('refused', () => {
  it.each([0.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN])('priority %d', (priority) => {
    const base = { type: 'nat', hook: 'postrouting', priority } as const
    expect(() => encodeChain(KEY, { ...CHAIN, base })).toThrow(RangeError)
  })

  it.each(['', 'x'.repeat(256), 'a\0b', 'ĀB'])('name %j', (name) => {
    expect(() => encodeTable({ ...KEY, name })).toThrow(RangeError)
    expect(() => encodeChain(KEY, { ...CHAIN, name })).toThrow(RangeError)
    expect(() => encodeRule(KEY, name, [])).toThrow(RangeError)
  })

  it('a payload without its header', () => {
    expect(() => nfgenAttributes(hex`020000`)).toThrow('nfgenmsg: expected 4 bytes, received 3 bytes')
  })

  it('a hook without its number, and an expression without its name', () => {
    expect(() => decodeChain(hex`02000000 04000480`)).toThrow('chain.4: expected NFTA_HOOK_HOOKNUM')
    expect(() => decodeRule(hex`02000000 08000480 04000180`)).toThrow('rule.4.1: expected NFTA_EXPR_NAME')
  })
})

describe('garbage', () => {
  const golden = Object.values(GOLDEN).map((bytes) => bytes.subarray(16))
  /** Real messages in which bytes are changed, or that are cut, and what nobody has sent. */
  const anyGarbage = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .tuple(
        fc.constantFrom(...golden),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
      )
      .map(([bytes, changes, cut]) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, value] of changes) copy[at % copy.length] = value
        return cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy
      }),
  )

  it.each([
    ['table', decodeTable],
    ['chain', decodeChain],
    ['rule', decodeRule],
  ])('makes a %s or a DecodeError', (_what, decode) => {
    fc.assert(
      fc.property(anyGarbage, (bytes) => {
        try {
          expect(decode(bytes)).toBeDefined()
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 500 },
    )
  })
})
