import { DecodeError } from '@lvscare/netlink'
import { hex } from '@lvscare/netlink/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NewService } from '../src/index.ts'
import {
  completeService,
  decodeService,
  decodeServiceEntry,
  encodeService,
  sameService,
} from '../src/service-codec.ts'
import { garbage, service } from './arbitraries.ts'
import { goldenAttributes } from './golden.ts'

const tcp = { protocol: 'tcp', address: '10.1.2.3', port: 6443, scheduler: 'rr' } as const

describe('encodeService', () => {
  it('writes an IPv6 service field by field', () => {
    const bytes = encodeService({
      protocol: 'sctp',
      address: '2001:db8::1:2',
      port: 0x1234,
      scheduler: 'wlc',
      flags: ['sched3', 'persistent'],
      persistenceTimeout: 0x010203,
      netmask: '64',
      peName: 'sip',
    })
    expect(bytes).toEqual(
      Buffer.from(hex`
        5c00 0100                     # SERVICE, without NLA_F_NESTED
          0600 0100 0a00 0000         # AF: INET6, host order
          0600 0200 8400 0000         # PROTOCOL: 132, host order
          1400 0300 2001 0db8 0000 0000 0000 0000 0001 0002
          0600 0400 1234 0000         # PORT: network order
          0800 0600 776c 6300         # SCHED_NAME with its NUL
          0c00 0700 2100 0000 ffff ffff  # FLAGS and their mask: host order
          0800 0800 0302 0100         # TIMEOUT: host order
          0800 0900 4000 0000         # NETMASK: a prefix length in host order
          0800 0b00 7369 7000         # PE_NAME
      `),
    )
  })

  it('writes an IPv4 mask in network order and a firewall mark in host order', () => {
    const bytes = encodeService({
      fwmark: 0x01020304,
      family: 'inet',
      scheduler: 'rr',
      netmask: '255.255.0.0',
    })
    const text = Buffer.from(bytes).toString('hex')
    expect(text).toContain('0800050004030201')
    expect(text).toContain('08000900ffff0000')
    // A service with a mark has no protocol, address and port.
    expect(text.slice(8, 40)).toBe('06000100020000000800050004030201')
  })

  it.each<[string, NewService, string]>([
    ['port 70000', { ...tcp, port: 70000 }, 'port must be an integer from 0 to 65535, not 70000'],
    ['half a port', { ...tcp, port: 1.5 }, 'port must be an integer from 0 to 65535, not 1.5'],
    ['mark 0', { fwmark: 0, family: 'inet', scheduler: 'rr' }, 'fwmark must be an integer from 1'],
    ['a name', { ...tcp, address: 'localhost' }, '"localhost" is not an IP address'],
    ['no scheduler', { ...tcp, scheduler: '' }, 'scheduler must be 1 to 15 letters'],
    ['a long scheduler', { ...tcp, scheduler: 'a'.repeat(16) }, 'scheduler must be 1 to 15 letters'],
    ['a NUL', { ...tcp, scheduler: 'r\0r' }, 'scheduler must be 1 to 15 letters'],
    ['a path', { ...tcp, scheduler: '../rr' }, 'scheduler must be 1 to 15 letters'],
    ['a long engine', { ...tcp, peName: 'a'.repeat(17) }, 'peName must be 1 to 16 letters'],
    [
      'a negative timeout',
      { ...tcp, persistenceTimeout: -1 },
      'persistenceTimeout must be an integer from 0',
    ],
    [
      '32 days',
      { ...tcp, persistenceTimeout: 2678401 },
      'persistenceTimeout must be an integer from 0 to 2678400',
    ],
    ['a prefix for IPv4', { ...tcp, netmask: '24' }, '"24" is not an IP address'],
    ['an IPv6 mask', { ...tcp, netmask: 'ffff::' }, 'netmask must be an IPv4 mask, not "ffff::"'],
    ['prefix 0', { ...tcp, address: '::1', netmask: '0' }, 'netmask "0" as a prefix length must be'],
    ['prefix 129', { ...tcp, address: '::1', netmask: '129' }, 'netmask "129" as a prefix length must be'],
    ['a mask for IPv6', { ...tcp, address: '::1', netmask: '255.0.0.0' }, 'as a prefix length must be'],
    [
      'a protocol',
      { ...tcp, protocol: 'icmp' as 'tcp' },
      'protocol must be one of tcp, udp, sctp, not "icmp"',
    ],
    [
      'a protocol number',
      { ...tcp, protocol: 'ip-65536' },
      'protocol must be one of tcp, udp, sctp, not "ip-65536"',
    ],
    ['a flag', { ...tcp, flags: ['hashed' as 'sched1'] }, 'flag must be one of persistent, onepacket'],
    [
      'a family',
      { fwmark: 1, family: 'ipx' as 'inet', scheduler: 'rr' },
      'family must be inet or inet6, not "ipx"',
    ],
  ])('refuses %s', (_name, wrong, message) => {
    expect(() => encodeService(wrong)).toThrow(RangeError)
    expect(() => encodeService(wrong)).toThrow(message)
  })

  it.each(['persistenceTimeout', 'port'])('takes the largest %s', (field) => {
    const largest = { persistenceTimeout: 2678400, port: 65535 }
    expect(decodeService(encodeService({ ...tcp, ...largest }))).toHaveProperty(
      field,
      largest[field as keyof typeof largest],
    )
  })
})

describe('decodeService', () => {
  it('gives back what encodeService wrote', () => {
    fc.assert(
      fc.property(service, (one) => {
        expect(decodeService(encodeService(one))).toEqual(one)
      }),
    )
  })

  it('reads what the kernel sends: sixteen address bytes, no HASHED flag shown', () => {
    const entry = decodeServiceEntry(goldenAttributes('service-persistent', 'answer'))
    expect(entry).toMatchObject({ address: '10.1.2.3', flags: ['persistent'], persistenceTimeout: 30 })
  })

  it('reads a service of an odd protocol with a flag and an attribute nobody knows yet', () => {
    const bytes = hex`
      5400 0100
        0600 0100 0200 0000
        0600 0200 2f00 0000
        1400 0300 0a01 0203 0000 0000 0000 0000 0000 0000
        0600 0400 0000 0000
        0900 0600 6e6f 6e65 0000 0000
        0c00 0700 4200 0000 ffff ffff
        0800 0800 0000 0000
        0800 0900 ffff ff00
        0800 ff00 0102 0304
    `
    // The length of the nest is counted here, so that the listing above stays readable.
    bytes[0] = bytes.length
    expect(decodeService(bytes)).toEqual({
      protocol: 'ip-47',
      address: '10.1.2.3',
      port: 0,
      scheduler: 'none',
      flags: [],
      persistenceTimeout: 0,
      netmask: '255.255.255.0',
    })
    expect(encodeService(decodeService(bytes))).toBeInstanceOf(Uint8Array)
  })

  it('throws nothing but DecodeError on garbage', () => {
    fc.assert(
      fc.property(garbage(goldenAttributes('service-persistent', 'answer')), (bytes) => {
        try {
          decodeServiceEntry(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('sameService', () => {
  it('compares settings with the defaults filled in, not the key', () => {
    expect(sameService(tcp, { ...completeService(tcp), port: 1 })).toBe(true)
    expect(
      sameService({ ...tcp, flags: ['sched1', 'persistent'] }, { ...tcp, flags: ['persistent', 'sched1'] }),
    ).toBe(true)
  })

  it.each<[string, Partial<NewService>]>([
    ['scheduler', { scheduler: 'wlc' }],
    ['flags', { flags: ['sched1'] }],
    ['timeout', { persistenceTimeout: 1 }],
    ['netmask', { netmask: '255.255.255.0' }],
    ['engine', { peName: 'sip' }],
  ])('sees another %s', (_name, change) => {
    expect(sameService(tcp, { ...tcp, ...change })).toBe(false)
  })

  it('the default mask follows the family', () => {
    expect(completeService({ ...tcp, address: '::1' }).netmask).toBe('128')
    expect(completeService({ fwmark: 1, family: 'inet6', scheduler: 'rr' }).netmask).toBe('128')
  })
})
