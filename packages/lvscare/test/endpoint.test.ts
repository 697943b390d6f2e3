import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpoint, endpointText, parseEndpoint, parsePort } from '../src/index.ts'

const anyPort = fc.integer({ min: 1, max: 65535 })

describe('parseEndpoint', () => {
  it.each([
    ['10.103.97.2:6443', 'inet', '10.103.97.2', 6443, '10.103.97.2:6443'],
    ['[2001:db8::1]:6443', 'inet6', '2001:db8::1', 6443, '[2001:db8::1]:6443'],
    ['[2001:0DB8:0:0::0001]:1', 'inet6', '2001:db8::1', 1, '[2001:db8::1]:1'],
    ['192.0.2.1:65535', 'inet', '192.0.2.1', 65535, '192.0.2.1:65535'],
  ] as const)('reads %s', (text, family, address, port, canonical) => {
    expect(parseEndpoint(text)).toEqual({ family, address, port, text: canonical })
  })

  it.each([
    ['', 'the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443'],
    ['10.0.0.1', 'the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443'],
    ['[fd00::1]', 'the port is missing: write [ADDRESS]:PORT'],
    ['fd00::1', 'an IPv6 address needs brackets: [ADDRESS]:PORT'],
    ['fd00::1:6443', 'an IPv6 address needs brackets: [ADDRESS]:PORT'],
    ['[10.0.0.1]:6443', 'brackets are for IPv6 only: write ADDRESS:PORT'],
    ['10.0.0.1:', 'the port must be a number from 1 to 65535, not ""'],
    ['10.0.0.1:0', 'the port must be a number from 1 to 65535, not "0"'],
    ['10.0.0.1:65536', 'the port must be a number from 1 to 65535, not "65536"'],
    [':6443', '"" is not an IP address'],
    ['apiserver.cluster.local:6443', '"apiserver.cluster.local" is not an IP address: host names are not'],
    ['10.0.0.256:6443', '"10.0.0.256" is not an IP address'],
    ['010.0.0.1:6443', '"010.0.0.1" is not an IP address'],
    ['0x0a000001:6443', '"0x0a000001" is not an IP address'],
    ['[fe80::1%eth0]:6443', '"fe80::1%eth0" is not an IP address'],
    [' 10.0.0.1:6443', '" 10.0.0.1" is not an IP address'],
    ['https://10.0.0.1:6443', 'an IPv6 address needs brackets'],
  ])('refuses "%s"', (text, rule) => {
    expect(() => parseEndpoint(text)).toThrow(RangeError)
    expect(() => parseEndpoint(text)).toThrow(rule)
  })

  it('gives equal texts to equal endpoints, however they are written', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(groups, anyPort, (numbers, port) => {
        const short = numbers.map((number) => number.toString(16)).join(':')
        const long = numbers.map((number) => number.toString(16).toUpperCase().padStart(4, '0')).join(':')
        expect(parseEndpoint(`[${long}]:${port}`).text).toBe(parseEndpoint(`[${short}]:${port}`).text)
      }),
    )
  })

  it('reads its own text again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), anyPort, (address, port) => {
        const once = parseEndpoint(endpointText(address, port))
        expect(parseEndpoint(once.text)).toEqual(once)
      }),
    )
  })

  it('throws nothing but RangeError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'[]:.%0a1f') })), (text) => {
        try {
          expect(parseEndpoint(text).port).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})

describe('parsePort', () => {
  it('reads every port', () => {
    fc.assert(
      fc.property(anyPort, (port) => {
        expect(parsePort(String(port))).toBe(port)
      }),
    )
  })

  it.each(['-1', '+1', '1e3', '0x1F', '1.5', ' 80', '80 ', '000080', '٣'])('refuses "%s"', (text) => {
    expect(() => parsePort(text)).toThrow(RangeError)
  })
})

describe('endpoint', () => {
  it('puts brackets around IPv6 only', () => {
    expect(endpoint('fd00::1', 'inet6', 1).text).toBe('[fd00::1]:1')
    expect(endpoint('10.0.0.1', 'inet', 1).text).toBe('10.0.0.1:1')
  })
})
