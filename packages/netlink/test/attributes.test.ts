import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Attribute, AttributeWriter, DecodeError, readAttributes } from '../src/index.ts'
import { hex } from '../src/testing/index.ts'

function attribute(payload: Uint8Array): Attribute {
  const [only] = readAttributes(new AttributeWriter().bytes(4, payload).finish(), 'service')
  if (only === undefined) throw new Error('one was written')
  return only
}

describe('Attribute', () => {
  it('reads each integer in its byte order', () => {
    expect(attribute(hex`ff`).u8()).toBe(255)
    expect(attribute(hex`0102`).u16()).toBe(0x0201)
    expect(attribute(hex`0102`).be16()).toBe(0x0102)
    expect(attribute(hex`010203ff`).u32()).toBe(0xff030201)
    expect(attribute(hex`ff030201`).be32()).toBe(0xff030201)
    expect(attribute(hex`01020304 050607ff`).u64()).toBe(0xff07060504030201n)
    expect(attribute(hex`01020304 050607ff`).be64()).toBe(0x01020304050607ffn)
  })

  it.each([
    ['u8', 1],
    ['u16', 2],
    ['be16', 2],
    ['u32', 4],
    ['be32', 4],
    ['u64', 8],
    ['be64', 8],
  ] as const)('%s() takes exactly %d bytes', (getter, size) => {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 9, 16]) {
      const read = () => attribute(new Uint8Array(length))[getter]()
      if (length === size) expect(Number(read())).toBe(0)
      else expect(read).toThrow(new DecodeError('service.4', `exactly ${size} bytes`, `${length} bytes`))
    }
  })

  it('bytes() takes exactly the length it is told', () => {
    const payload = hex`0a000001`
    expect([...attribute(payload).bytes(4)]).toEqual([...payload])
    expect(() => attribute(payload).bytes(16)).toThrow(
      'service.4: expected exactly 16 bytes, received 4 bytes',
    )
    expect(() => attribute(payload).bytes(3)).toThrow(DecodeError)
  })

  it.each([
    ['with its NUL', hex`727200`, 'rr'],
    ['without a NUL', hex`7272`, 'rr'],
    ['with padding behind its NUL', hex`7272 0000 7878`, 'rr'],
    ['empty', hex``, ''],
    ['of bytes above 127', hex`e900`, 'é'],
  ])('text() reads a text %s', (_name, payload, text) => {
    expect(attribute(payload).text()).toBe(text)
  })

  it('reads from the middle of a larger buffer', () => {
    const whole = hex`ffff 0102 ffff`
    expect(attribute(whole.subarray(2, 4)).u16()).toBe(0x0201)
  })

  it('nested() walks the attributes inside and names their place', () => {
    const [outer] = readAttributes(hex`0c00 0180  0600 0400 192b 0000`, 'command')
    expect([...(outer?.nested() ?? [])].map((inner) => [inner.path, inner.be16()])).toEqual([
      ['command.1.4', 6443],
    ])
  })
})

describe('readAttributes', () => {
  it('walks padded attributes and takes the last one without padding', () => {
    const run = hex`
      0500 0100 aa00 0000  # one byte, three of padding
      0400 0200            # nothing inside
      0600 0380 bbcc       # nested flag, no padding at the end
    `
    const read = [...readAttributes(run)].map(({ type, payload, path }) => [type, [...payload], path])
    expect(read).toEqual([
      [1, [0xaa], 'message.1'],
      [2, [], 'message.2'],
      [3, [0xbb, 0xcc], 'message.3'],
    ])
  })

  it('masks both flag bits out of the type', () => {
    expect([...readAttributes(hex`0400 ffff`)].map(({ type }) => type)).toEqual([0x3fff])
  })

  it.each([
    [
      'cut inside the header',
      hex`0400 01`,
      'message: expected an attribute header of 4 bytes, received 3 bytes',
    ],
    [
      'longer than the message',
      hex`0c00 0100 0000`,
      'message.1: expected a length from 4 to 6 bytes, received 12 bytes',
    ],
    ['one byte too long', hex`0500 0100`, 'message.1: expected a length from 4 to 4 bytes, received 5 bytes'],
    [
      'of length zero',
      hex`0000 0100 0000 0000`,
      'message.1: expected a length from 4 to 8 bytes, received 0 bytes',
    ],
    [
      'shorter than its header',
      hex`0300 0100`,
      'message.1: expected a length from 4 to 4 bytes, received 3 bytes',
    ],
    ['bad behind a good one', hex`0400 0100 0300 0200`, 'message.2: expected a length from 4'],
  ])('refuses an attribute %s', (_name, bytes, message) => {
    expect(() => [...readAttributes(bytes)]).toThrow(DecodeError)
    expect(() => [...readAttributes(bytes)]).toThrow(message)
  })

  it('gives back what the writer wrote', () => {
    const one = fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 64 }))
    fc.assert(
      fc.property(fc.array(one), (list) => {
        const writer = new AttributeWriter()
        for (const [type, value] of list) writer.bytes(type, value)
        const read = [...readAttributes(writer.finish())].map((a) => [a.type, Uint8Array.from(a.payload)])
        expect(read).toEqual(list.map(([type, value]) => [type, Uint8Array.from(value)]))
      }),
    )
  })

  it('always ends: progress, or a DecodeError', () => {
    // Lengths near the truth reach deeper than noise does.
    const header = fc
      .tuple(fc.nat(24), fc.nat(0xffff))
      .map(([length, type]) => [length, 0, type & 255, type >> 8])
    const shaped = fc
      .array(fc.oneof(header, fc.array(fc.nat(255), { maxLength: 8 })))
      .map((parts) => parts.flat())
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 256 }),
      shaped.map((bytes) => Uint8Array.from(bytes)),
    )
    fc.assert(
      fc.property(anything, (bytes) => {
        let seen = 0
        const walk = (run: Iterable<Attribute>, depth: number): void => {
          for (const one of run) {
            seen += 1
            expect(seen).toBeLessThanOrEqual(bytes.length)
            if (depth < 3) walk(one.nested(), depth + 1)
          }
        }
        try {
          walk(readAttributes(bytes), 0)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
    )
  })
})
