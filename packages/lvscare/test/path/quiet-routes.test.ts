import type { Route } from '@lvscare/netlink'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { localRoute, parseEndpoint, RoutePiece, runPass } from '../../src/index.ts'
import { type Announcements, type PathTable, QuietRoutes } from '../../src/path/quiet-routes.ts'
import { FakeLinks } from '../fake-links.ts'
import { FakeRoutes } from '../fake-routes.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const ADDRESSES = ['10.103.97.2', '192.0.2.1', '192.0.2.2']
const SETTLED_MS = 1000

/** A node: routes, what was announced of them, and a clock. */
class World {
  readonly routes = new FakeRoutes()
  asked = 0
  nowMs = 5000
  /** Announced and not yet taken note of. */
  news = false
  opened = 0
  closed = 0
  /** Thrown by whatever is done with announcements. */
  refusal: Error | undefined
  readonly quiet: QuietRoutes = new QuietRoutes(
    this.#table(),
    () => this.#open(),
    () => this.nowMs,
  )

  /** The answer of the plain table. */
  plain(address: string): Route | undefined {
    return this.routes.match(address)
  }

  /** Somebody changes a route, and the kernel says so. */
  set(address: string, source: string | undefined): void {
    const route = localRoute({ ...VIRTUAL, address }, source ?? '192.0.2.9')
    if (source === undefined) this.routes.deleteRoute(route)
    else this.routes.replaceRoute(route)
    this.news = true
  }

  /** Asks as passes do, one every half second, until the answers are remembered. */
  settle(): void {
    for (let pass = 0; pass < 4; pass += 1) {
      for (const address of ADDRESSES) this.quiet.match(address)
      this.nowMs += 500
    }
    this.asked = 0
  }

  #table(): PathTable {
    const match = (address: string): Route | undefined => {
      this.asked += 1
      return this.routes.match(address)
    }
    // Our own changes are announced as anybody's.
    const own = <T>(result: T): T => {
      this.news = true
      return result
    }
    const links = new FakeLinks()
    return {
      match,
      lookup: match,
      routes: (filter) => this.routes.routes(filter),
      replaceRoute: (spec) => own(this.routes.replaceRoute(spec)),
      deleteRoute: (spec) => own(this.routes.deleteRoute(spec)),
      link: (key) => links.link(key),
      addresses: (filter) => links.addresses(filter),
      addDummy: (name) => own(links.addDummy(name)),
      setLinkUp: (key) => own(links.setLinkUp(key)),
      deleteLink: (key) => own(links.deleteLink(key)),
      replaceAddress: (spec) => own(links.replaceAddress(spec)),
      deleteAddress: (spec) => own(links.deleteAddress(spec)),
    }
  }

  #open(): Announcements {
    this.opened += 1
    this.#refuse()
    let isNew = true
    return {
      changed: () => {
        this.#refuse()
        const changed = isNew || this.news
        this.news = false
        isNew = false
        return changed
      },
      close: () => {
        this.closed += 1
        this.#refuse()
      },
    }
  }

  #refuse(): void {
    if (this.refusal !== undefined) throw this.refusal
  }
}

function settled(): World {
  const world = new World()
  world.set('10.103.97.2', '192.0.2.9')
  world.settle()
  return world
}

describe('QuietRoutes', () => {
  it('does not ask again while nothing is announced, also where there was no route', () => {
    const world = settled()
    for (const address of ADDRESSES) expect(world.quiet.match(address)).toEqual(world.plain(address))
    expect(world.asked).toBe(0)
  })

  it('keeps match and lookup of one address apart', () => {
    const world = settled()
    world.quiet.lookup('10.103.97.2')
    expect(world.asked).toBe(1)
    world.quiet.lookup('10.103.97.2')
    expect(world.asked).toBe(1)
  })

  it('asks again for everything after an announcement', () => {
    const world = settled()
    world.set('10.103.97.2', undefined)
    for (const address of ADDRESSES) expect(world.quiet.match(address)).toEqual(world.plain(address))
    expect(world.asked).toBe(3)
  })

  it('trusts no answer right after an announcement: the kernel may say it before it does it', () => {
    const world = settled()
    world.news = true
    expect(world.quiet.match('10.103.97.2')).toBeDefined()
    world.nowMs += SETTLED_MS - 1
    expect(world.quiet.match('10.103.97.2')).toBeDefined()
    world.set('10.103.97.2', undefined)
    world.news = false
    expect(world.quiet.match('10.103.97.2')).toBeUndefined()
  })

  it('asks every twentieth time or so even when nothing is announced', () => {
    const world = settled()
    world.set('10.103.97.2', undefined)
    world.news = false
    const found = Array.from({ length: 21 }, () => world.quiet.match('10.103.97.2') !== undefined)
    expect(found.slice(0, 5)).toEqual([true, true, true, true, true])
    expect(found.at(-1)).toBe(false)
  })

  it.each([
    ['replaceRoute', (quiet: QuietRoutes) => quiet.replaceRoute(localRoute(VIRTUAL, '192.0.2.7'))],
    ['deleteRoute', (quiet: QuietRoutes) => quiet.deleteRoute(localRoute(VIRTUAL, '192.0.2.9'))],
    ['addDummy', (quiet: QuietRoutes) => quiet.addDummy('lvscare')],
    ['setLinkUp', (quiet: QuietRoutes) => quiet.setLinkUp('lvscare')],
    ['deleteLink', (quiet: QuietRoutes) => quiet.deleteLink('lvscare')],
    ['replaceAddress', (quiet: QuietRoutes) => quiet.replaceAddress({ linkIndex: 2, address: '10.0.0.1' })],
    ['deleteAddress', (quiet: QuietRoutes) => quiet.deleteAddress({ linkIndex: 2, address: '10.0.0.1' })],
  ] as const)('forgets before %s, announced or not', (_name, write) => {
    const world = settled()
    write(world.quiet)
    world.news = false
    expect(world.quiet.match('10.103.97.2')).toEqual(world.plain('10.103.97.2'))
    expect(world.asked).toBe(1)
  })

  it('asks every time while announcements cannot be had, and tries them again after a while', () => {
    const world = new World()
    world.refusal = new Error('EMFILE')
    for (let pass = 0; pass < 10; pass += 1) {
      world.set('10.103.97.2', `192.0.2.${pass}`)
      expect(world.quiet.match('10.103.97.2')).toEqual(world.plain('10.103.97.2'))
      world.nowMs += 500
    }
    expect([world.opened, world.asked]).toEqual([1, 10])
    world.refusal = undefined
    world.nowMs += 10_000
    world.settle()
    expect(world.opened).toBe(2)
    world.quiet.match('10.103.97.2')
    expect(world.asked).toBe(0)
  })

  it('survives announcements that fail and cannot even be closed', () => {
    const world = settled()
    world.refusal = new Error('EBADF')
    world.set('10.103.97.2', undefined)
    expect(world.quiet.match('10.103.97.2')).toBeUndefined()
    expect([world.opened, world.closed]).toEqual([1, 1])
    expect(world.quiet.match('10.103.97.2')).toBeUndefined()
    expect(world.opened).toBe(1)
  })

  it('closed, it listens no more and still answers', () => {
    const world = settled()
    world.quiet.close()
    world.quiet.close()
    world.set('10.103.97.2', undefined)
    world.nowMs += 1e9
    expect(world.quiet.match('10.103.97.2')).toBeUndefined()
    expect([world.opened, world.closed]).toEqual([1, 1])
  })

  it('has a deleted route set again by the next pass', () => {
    const world = new World()
    const pieces = [new RoutePiece(world.quiet, VIRTUAL, () => '192.0.2.9')]
    runPass(pieces)
    for (let pass = 0; pass < 10; pass += 1) {
      world.nowMs += 500
      expect(runPass(pieces).applied).toEqual([])
    }
    world.set(VIRTUAL.address, undefined)
    expect(runPass(pieces).applied.map(({ kind }) => kind)).toEqual(['add-route'])
    expect(runPass(pieces).applied).toEqual([])
  })
})

type Deed =
  | { readonly do: 'set'; readonly address: string; readonly source: string | undefined }
  | { readonly do: 'write' | 'erase'; readonly address: string; readonly source: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fail'; readonly fails: boolean }
  | { readonly do: 'pass' }

const address = fc.constantFrom(...ADDRESSES)
const source = fc.constantFrom('192.0.2.7', '192.0.2.8')
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constant('set' as const), address, source: fc.option(source, { nil: undefined }) }),
  fc.record({ do: fc.constantFrom('write' as const, 'erase' as const), address, source }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3000 }) }),
  fc.record({ do: fc.constant('fail' as const), fails: fc.boolean() }),
  { weight: 5, arbitrary: fc.constant({ do: 'pass' as const }) },
)

function perform(world: World, one: Deed): void {
  if (one.do === 'set') world.set(one.address, one.source)
  if (one.do === 'wait') world.nowMs += one.ms
  if (one.do === 'fail') world.refusal = one.fails ? new Error('ENOMEM') : undefined
  if (one.do === 'pass') world.nowMs += 500
  if (one.do !== 'write' && one.do !== 'erase') return
  const route = localRoute({ ...VIRTUAL, address: one.address }, one.source)
  if (one.do === 'write') world.quiet.replaceRoute(route)
  else world.quiet.deleteRoute(route)
}

describe('QuietRoutes, whatever happens', () => {
  it('answers as the table itself at every moment, as long as changes are announced', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 80 }), (deeds) => {
        const world = new World()
        for (const one of deeds) {
          perform(world, one)
          for (const to of ADDRESSES) {
            expect(world.quiet.match(to)).toEqual(world.plain(to))
            expect(world.quiet.lookup(to)).toEqual(world.plain(to))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is as true again a moment after a change that was announced before it was made', () => {
    const gap = fc.integer({ min: 0, max: SETTLED_MS - 1 })
    fc.assert(
      fc.property(gap, fc.array(gap, { maxLength: 5 }), (delayMs, waits) => {
        const world = settled()
        const madeMs = world.nowMs + delayMs
        world.news = true
        for (const ms of [0, ...waits]) {
          if (world.nowMs + ms > madeMs) break
          world.nowMs += ms
          world.quiet.match('10.103.97.2')
        }
        world.nowMs = Math.max(world.nowMs, madeMs)
        world.set('10.103.97.2', undefined)
        // Its announcement came before it, and was taken note of: none comes now.
        world.news = false
        expect(world.quiet.match('10.103.97.2')).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })
})
