import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Attribute, AttributeWriter, readAttributes } from '../src/index.ts'
import { hex, toHex } from '../src/testing/index.ts'

const write = (fill: (writer: AttributeWriter) => unknown): string => {
  const writer = new AttributeWriter()
  fill(writer)
  return toHex(writer.finish())
}

/** Every writer of integers, the getter that reads it back, and its bits. */
const INTEGERS = [
  ['u8', 8],
  ['u16', 16],
  ['be16', 16],
  ['u32', 32],
  ['be32', 32],
] as const

describe('AttributeWriter', () => {
  it.each([
    ['u8', (w: AttributeWriter) => w.u8(1, 0xab), hex`0500 0100 ab00 0000`],
    ['u16', (w: AttributeWriter) => w.u16(2, 0x1234), hex`0600 0200 3412 0000`],
    ['be16', (w: AttributeWriter) => w.be16(4, 6443), hex`0600 0400 192b 0000`],
    ['u32', (w: AttributeWriter) => w.u32(5, 0x12345678), hex`0800 0500 7856 3412`],
    ['be32', (w: AttributeWriter) => w.be32(5, 0x12345678), hex`0800 0500 1234 5678`],
    ['be64', (w: AttributeWriter) => w.be64(6, 0x0102030405060708n), hex`0c00 0600 0102 0304 0506 0708`],
    ['u64', (w: AttributeWriter) => w.u64(6, 0x0102030405060708n), hex`0c00 0600 0807 0605 0403 0201`],
    ['text with its NUL', (w: AttributeWriter) => w.text(6, 'rr'), hex`0700 0600 7272 0000`],
    ['text that needs no padding', (w: AttributeWriter) => w.text(6, 'wrr'), hex`0800 0600 7772 7200`],
    ['text in latin1', (w: AttributeWriter) => w.text(6, 'é'), hex`0600 0600 e900 0000`],
    ['nothing inside', (w: AttributeWriter) => w.bytes(7, hex``), hex`0400 0700`],
    ['nested', (w: AttributeWriter) => w.nested(1, (s) => s.u16(1, 2)), hex`0c00 0180 0600 0100 0200 0000`],
    [
      'nested without the flag',
      (w: AttributeWriter) => w.plainNested(1, (s) => s.u16(1, 2)),
      hex`0c00 0100 0600 0100 0200 0000`,
    ],
    ['a nest with nothing inside', (w: AttributeWriter) => w.nested(1, () => undefined), hex`0400 0180`],
    [
      'one behind the other',
      (w: AttributeWriter) => w.u8(1, 1).u8(2, 2),
      hex`0500 0100 0100 0000 0500 0200 0200 0000`,
    ],
  ])('writes %s', (_name, fill, bytes) => {
    expect(write(fill)).toBe(toHex(bytes))
  })

  it.each(INTEGERS)('%s() takes 0 to the last number of %d bits, and nothing else', (method, bits) => {
    const max = 2 ** bits - 1
    for (const value of [0, 1, max]) {
      const [read] = readAttributes(new AttributeWriter()[method](3, value).finish())
      expect(read?.[method]()).toBe(value)
    }
    for (const value of [-1, max + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => new AttributeWriter()[method](3, value)).toThrow(
        new RangeError(`attribute 3: ${value} is not a u${bits}`),
      )
    }
  })

  it.each(['u64', 'be64'] as const)(
    '%s() takes 0 to the last number of 64 bits, and nothing else',
    (method) => {
      for (const value of [0n, 1n, 2n ** 64n - 1n]) {
        const [read] = readAttributes(new AttributeWriter()[method](3, value).finish())
        expect(read?.[method]()).toBe(value)
      }
      for (const value of [-1n, 2n ** 64n]) {
        expect(() => new AttributeWriter()[method](3, value)).toThrow(
          new RangeError(`attribute 3: ${value} is not a u64`),
        )
      }
    },
  )

  it.each(['a\0b', '\u0100', 'rr\u{1f600}', '\ud800'])('text() refuses %j', (text) => {
    expect(() => new AttributeWriter().text(6, text)).toThrow(RangeError)
  })

  it('bytes() takes as much as the length field can say', () => {
    const most = new Uint8Array(0xffff - 4)
    expect(new AttributeWriter().bytes(1, most).finish().length).toBe(0x10000)
    const more = () => new AttributeWriter().bytes(1, new Uint8Array(most.length + 1))
    expect(more).toThrow('attribute 1: 65532 bytes are more than the 65531 that fit')
  })

  it('refuses a number that is no attribute type', () => {
    expect(write((w) => w.bytes(0, hex``).bytes(0xffff, hex``))).toBe('04000000 0400ffff')
    for (const type of [-1, 0x10000, 1.5, Number.NaN, 2 ** 32 + 1]) {
      const message = `attribute type: ${type} is not a u16`
      expect(() => new AttributeWriter().bytes(type, hex``)).toThrow(message)
      expect(() => new AttributeWriter().u32(type, 1)).toThrow(message)
      expect(() => new AttributeWriter().nested(type, () => undefined)).toThrow(message)
      expect(() => new AttributeWriter().plainNested(type, () => undefined)).toThrow(message)
    }
  })

  it('keeps its own copy of what it was given', () => {
    const value = hex`aa`
    const writer = new AttributeWriter().bytes(1, value)
    value[0] = 0xbb
    expect(toHex(writer.finish())).toBe('05000100 aa000000')
  })

  it('any tree of attributes survives the wire, padded to four bytes', () => {
    interface Tree {
      readonly type: number
      readonly value: Uint8Array | readonly Tree[]
    }
    const type = fc.integer({ min: 1, max: 0x3fff })
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.record({
        type,
        value: fc.oneof(
          { depthSize: 'small' },
          fc.uint8Array({ maxLength: 9 }),
          fc.array(tie('tree'), { maxLength: 3 }),
        ),
      }),
    }))
    const put = (writer: AttributeWriter, one: Tree): void => {
      const { value } = one
      if (value instanceof Uint8Array) writer.bytes(one.type, value)
      else writer.nested(one.type, (inner) => value.forEach((child) => void put(inner, child)))
    }
    const take = (read: Attribute | undefined, like: Tree): Tree => {
      if (read === undefined) throw new Error('an attribute is missing')
      if (like.value instanceof Uint8Array) return { type: read.type, value: Uint8Array.from(read.payload) }
      const inside = [...read.nested()]
      return { type: read.type, value: like.value.map((child, index) => take(inside[index], child)) }
    }
    fc.assert(
      fc.property(tree, (one) => {
        const writer = new AttributeWriter()
        put(writer, one)
        const bytes = writer.finish()
        expect(bytes.length % 4).toBe(0)
        const [read] = readAttributes(bytes)
        expect(take(read, one)).toEqual(one)
      }),
    )
  })
})
