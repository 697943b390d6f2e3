import { type Attribute, AttributeWriter, DecodeError, readAttributes } from '@lvscare/netlink'
import { describe, expect, it } from 'vitest'
import { normalAddress, readAddress } from '../src/address-codec.ts'

/** An attribute of so many bytes: 1, 2, 3, ... */
function attribute(length: number): Attribute {
  const bytes = Uint8Array.from({ length }, (_, at) => at + 1)
  const [only] = readAttributes(new AttributeWriter().bytes(3, bytes).finish(), 'service')
  if (only === undefined) throw new Error('one was written')
  return only
}

describe('readAddress', () => {
  it('takes the first four bytes for IPv4 and all sixteen for IPv6', () => {
    expect(readAddress(attribute(16), 'inet')).toBe('1.2.3.4')
    expect(readAddress(attribute(4), 'inet')).toBe('1.2.3.4')
    expect(readAddress(attribute(16), 'inet6')).toBe('102:304:506:708:90a:b0c:d0e:f10')
  })

  it.each([
    ['inet', 3],
    ['inet6', 4],
    ['inet6', 15],
  ] as const)('refuses %s of %i bytes', (family, length) => {
    expect(() => readAddress(attribute(length), family)).toThrow(DecodeError)
    expect(() => readAddress(attribute(length), family)).toThrow('service.3: expected at least')
  })
})

describe('normalAddress', () => {
  it('gives the form that the kernel’s bytes are read into', () => {
    expect(normalAddress('2001:DB8:0::1')).toBe('2001:db8::1')
    expect(() => normalAddress('vip')).toThrow(RangeError)
  })
})
