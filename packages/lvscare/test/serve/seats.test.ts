import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace } from '../../src/serve/pace.ts'
import { isOwn, peerOf } from '../../src/serve/peer.ts'
import { Seats } from '../../src/serve/seats.ts'

describe('Seats', () => {
  it('gives everybody a seat while there are some', () => {
    const seats = new Seats<string>(2)
    expect(seats.sit('a', 'x').out).toBeUndefined()
    expect(seats.sit('b', 'x').out).toBeUndefined()
    expect(seats.size).toBe(2)
  })

  it('takes the oldest seat of who has the most, for others and for itself', () => {
    const seats = new Seats<string>(3)
    for (const [one, peer] of [
      ['quiet', 'x'],
      ['a', 'y'],
      ['b', 'y'],
    ] as const)
      seats.sit(one, peer)
    expect(seats.sit('new', 'z').out).toBe('a')
    expect(seats.sit('c', 'y').out).toBe('b')
    expect(seats.size).toBe(3)
  })

  it('takes a seat back once, from who is still there', () => {
    const seats = new Seats<string>(1)
    const { leave } = seats.sit('a', 'x')
    expect(seats.sit('b', 'y').out).toBe('a')
    leave()
    leave()
    expect(seats.size).toBe(1)
  })

  it('never lets a peer that takes all it can get push out one that has a single seat', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(50), (places, more) => {
        const seats = new Seats<string>(places)
        for (let n = 0; n < places; n += 1) seats.sit(`first ${n}`, 'greedy')
        expect(seats.sit('kept', 'modest').out).toBe('first 0')
        for (let n = 0; n < more; n += 1) expect(seats.sit(`more ${n}`, 'greedy').out).not.toBe('kept')
        expect(seats.size).toBe(places)
      }),
    )
  })
})

describe('Pace', () => {
  it('lets a burst go on at once, and then so many a second', () => {
    const pace = new Pace(2, 50, 1000)
    expect([pace.take(1000), pace.take(1000), pace.take(1000)]).toEqual([0, 0, 20])
    expect([pace.take(1010), pace.take(1020), pace.take(1020)]).toEqual([10, 0, 20])
  })

  it('saves up no more than a burst', () => {
    const pace = new Pace(2, 50, 0)
    const taken = Array.from({ length: 5 }, () => pace.take(3_600_000))
    expect(taken.filter((ms) => ms === 0)).toHaveLength(2)
  })
})

describe('isOwn', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.9.9.9', '127.0.0.1', true],
    ['::1', '::1', true],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.2', '192.0.2.1', false],
    ['fd00::2', 'fd00::1', false],
    [undefined, undefined, false],
  ])('says of %s at %s: %s', (remoteAddress, localAddress, own) => {
    expect(isOwn({ remoteAddress, localAddress })).toBe(own)
  })
})

describe('peerOf', () => {
  it('takes an address of IPv4 for a peer, however it is written, and a network of 64 bits of IPv6', () => {
    expect(peerOf({ remoteAddress: '::ffff:192.0.2.1' })).toBe(peerOf({ remoteAddress: '192.0.2.1' }))
    expect(peerOf({ remoteAddress: 'fd00::1' })).toBe(peerOf({ remoteAddress: 'fd00::ffff:0:1' }))
    expect(peerOf({ remoteAddress: 'fd00::1' })).not.toBe(peerOf({ remoteAddress: 'fd00:0:0:1::1' }))
    expect(peerOf({ remoteAddress: 'fe80::1%eth0' })).toBe(peerOf({ remoteAddress: 'fe80::2%br-lan.100' }))
    expect(peerOf({ remoteAddress: undefined })).toBe('')
  })
})
