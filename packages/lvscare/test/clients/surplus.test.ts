import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClientSocket } from '../../src/clients/clients.ts'
import { surplus } from '../../src/clients/surplus.ts'
import { socket, V4 } from './world.ts'

const SERVERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443', '192.0.2.14:6443']

const anyClient: fc.Arbitrary<ClientSocket> = fc.record({
  server: fc.constantFrom(...SERVERS),
  socket: fc
    .bigInt({ min: 1n, max: 40n })
    .map((cookie) => socket({ address: '10.0.0.1', port: Number(cookie) }, V4, { cookie })),
  namespace: fc.constantFrom(undefined, 'net:[1]'),
})

/** A kernel gives no cookie twice. */
const snapshot = fc.uniqueArray(anyClient, { selector: nameOf, maxLength: 60 })
const random = fc.infiniteStream(fc.double({ min: 0, max: 0.999_999, noNaN: true }))

const input = fc.record({
  before: snapshot,
  // Most of those who were there before are still there.
  stayed: fc.infiniteStream(fc.integer({ min: 0, max: 4 })),
  fresh: snapshot,
  servers: fc.subarray(SERVERS, { minLength: 1 }).map((list) => new Set(list)),
  random,
})

function nameOf({ namespace, socket: { cookie } }: ClientSocket): string {
  return `${namespace} ${cookie}`
}

function held(list: readonly ClientSocket[], server: string): number {
  return list.filter((one) => one.server === server).length
}

describe('surplus()', () => {
  it('takes from each server what is above its share, and nothing else', () => {
    fc.assert(
      fc.property(input, ({ before, stayed, fresh, servers, random: chance }) => {
        const old = before.filter(() => stayed.next().value > 0)
        const names = new Set(before.map(nameOf))
        const after = [...old, ...fresh.filter((one) => !names.has(nameOf(one)))]
        const ended = surplus({ before, after, servers, random: () => chance.next().value })

        expect(new Set(ended).size).toBe(ended.length)
        for (const one of ended) expect(old).toContain(one)
        const counted = old.filter(({ server }) => servers.has(server))
        const share = Math.ceil(counted.length / servers.size)
        for (const server of SERVERS) {
          const has = servers.has(server) ? held(old, server) : 0
          expect(held(ended, server)).toBe(Math.max(0, has - share))
        }
      }),
    )
  })

  it('moves nothing once the servers are even', () => {
    const list = SERVERS.flatMap((server, at) =>
      Array.from({ length: 3 - (at % 2) }, (_, n) => ({
        server,
        socket: socket({ address: '10.0.0.1', port: n }, V4),
        namespace: undefined,
      })),
    )
    expect(surplus({ before: list, after: list, servers: new Set(SERVERS), random: () => 0 })).toEqual([])
  })

  it('chooses by chance', () => {
    const list = Array.from({ length: 10 }, (_, n) => ({
      server: '192.0.2.11:6443',
      socket: socket({ address: '10.0.0.1', port: n }, V4),
      namespace: undefined,
    }))
    const servers = new Set(SERVERS.slice(0, 2))
    const [first, last] = [0, 0.999].map((chance) =>
      surplus({ before: list, after: list, servers, random: () => chance }).map(
        (one) => one.socket.local.port,
      ),
    )
    expect(first).toEqual([0, 1, 2, 3, 4])
    expect(last).toEqual([9, 8, 7, 6, 5])
  })

  it('without a server that takes connections nobody is moved', () => {
    expect(surplus({ before: [], after: [], servers: new Set(), random: () => 0 })).toEqual([])
  })
})
