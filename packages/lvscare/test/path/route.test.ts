import type { Route } from '@lvscare/netlink'
import { describe, expect, it } from 'vitest'
import { localRoute, parseEndpoint, ROUTE_PROTOCOL, RoutePiece, runPass, undoAll } from '../../src/index.ts'
import { FakeRoutes } from '../fake-routes.ts'

const V4 = parseEndpoint('10.103.97.2:6443')
const V6 = parseEndpoint('[fd00::2]:6443')
const DEFAULT: Route = {
  family: 'inet',
  destination: '0.0.0.0/0',
  table: 254,
  type: 'unicast',
  scope: 'universe',
  protocol: 3,
  gateway: '192.0.2.254',
}

function piece(routes: FakeRoutes, source: string, virtual: typeof V4 = V4): RoutePiece {
  return new RoutePiece(routes, virtual, () => source)
}

describe('localRoute', () => {
  it.each([
    [V4, '192.0.2.9', { destination: '10.103.97.2/32', scope: 'host', family: 'inet' }],
    [V6, 'fd00::9', { destination: 'fd00::2/128', scope: 'universe', family: 'inet6' }],
  ])('of %j is one host in the local table', (virtual, source, parts) => {
    const rest = {
      table: 255,
      type: 'local',
      protocol: ROUTE_PROTOCOL,
      preferredSource: source,
      outputLink: 1,
    }
    expect(localRoute(virtual, source)).toEqual({ ...parts, ...rest })
  })
})

describe('RoutePiece', () => {
  it("leaves the kernel's own route to an assigned address alone, and says so", () => {
    const own: Route = { ...localRoute(V4, V4.address), protocol: 2, outputLink: 7 }
    const routes = new FakeRoutes([own])
    const { applied, failures } = runPass([piece(routes, '192.0.2.9')])
    expect([applied, failures.map(({ error }) => error)]).toMatchObject([
      [],
      [{ code: 'ERR_LVSCARE_VIP_TAKEN' }],
    ])
    expect(undoAll([piece(routes, '192.0.2.9')])).toEqual({ applied: [], failures: [] })
    expect([routes.all(), routes.writes]).toEqual([[own], 0])
  })

  it.each([
    ['IPv4', V4, '192.0.2.9'],
    ['IPv6', V6, 'fd00::9'],
  ])('makes the route once and then writes nothing (%s)', (_family, virtual, source) => {
    const routes = new FakeRoutes([DEFAULT])
    const subject = piece(routes, source, virtual)
    expect(runPass([subject]).applied).toMatchObject([{ kind: 'add-route', found: 'nothing' }])
    expect(runPass([subject])).toEqual({ applied: [], failures: [] })
    expect([routes.all(), routes.writes]).toEqual([[DEFAULT, localRoute(virtual, source)], 1])
  })

  it.each([
    ['source', { preferredSource: '192.0.2.8' }, 'local 10.103.97.2/32 src 192.0.2.8'],
    ['link', { outputLink: 4 }, 'local 10.103.97.2/32 src 192.0.2.9'],
  ])('corrects another %s', (_what, drift, found) => {
    const wanted = localRoute(V4, '192.0.2.9')
    const routes = new FakeRoutes([{ ...wanted, ...drift }])
    const { applied } = runPass([piece(routes, '192.0.2.9')])
    expect(applied).toMatchObject([
      { kind: 'replace-route', subject: 'local 10.103.97.2/32 src 192.0.2.9', found },
    ])
    expect(routes.all()).toEqual([wanted])
  })

  it('follows a node whose address changes', () => {
    const routes = new FakeRoutes()
    let source = '192.0.2.9'
    const subject = new RoutePiece(routes, V4, () => source)
    runPass([subject])
    source = '192.0.2.10'
    runPass([subject])
    expect(routes.all()).toEqual([localRoute(V4, '192.0.2.10')])
  })

  it('is not content with a route to the virtual IP that leads away', () => {
    const away: Route = { ...DEFAULT, destination: '10.103.97.2/32' }
    const routes = new FakeRoutes([away])
    expect(runPass([piece(routes, '192.0.2.9')]).applied).toMatchObject([{ kind: 'add-route' }])
    expect(routes.all()).toEqual([away, localRoute(V4, '192.0.2.9')])
    expect(piece(routes, '192.0.2.9').plan()).toEqual([])
  })

  it('is not content with a wider local route, and leaves that alone', () => {
    const wide: Route = { ...localRoute(V4, '10.103.97.1'), destination: '10.103.0.0/16' }
    const routes = new FakeRoutes([wide])
    expect(undoAll([piece(routes, '192.0.2.9')]).applied).toEqual([])
    expect(runPass([piece(routes, '192.0.2.9')]).applied).toMatchObject([{ kind: 'add-route' }])
    expect(undoAll([piece(routes, '192.0.2.9')]).applied).toHaveLength(1)
    expect(routes.all()).toEqual([wide])
  })

  it('undoes its route also when an address that was added later hides it', () => {
    const own: Route = { ...localRoute(V6, V6.address), protocol: 2, outputLink: 7 }
    const routes = new FakeRoutes([own, localRoute(V6, 'fd00::9')])
    expect(undoAll([piece(routes, 'fd00::9', V6)]).applied).toHaveLength(1)
    expect(routes.all()).toEqual([own])
  })

  it('undoes its route, in whatever table the kernel says it is, and may be undone again', () => {
    for (const [virtual, source] of [
      [V4, '192.0.2.9'],
      [V6, 'fd00::9'],
    ] as const) {
      const routes = new FakeRoutes([DEFAULT, localRoute(virtual, source)])
      const subject = new RoutePiece(routes, virtual, () => {
        throw new Error('undo needs no node address')
      })
      expect(undoAll([subject]).applied).toMatchObject([
        { kind: 'delete-route', found: `local ${localRoute(virtual, source).destination} src ${source}` },
      ])
      expect(undoAll([subject])).toEqual({ applied: [], failures: [] })
      expect(routes.all()).toEqual([DEFAULT])
    }
  })

  it.each([
    ['of somebody else', { ...localRoute(V4, '192.0.2.9'), protocol: 2 }],
    ['that is wider, though it carries our number', { ...DEFAULT, protocol: ROUTE_PROTOCOL }],
    [
      'that leads away, though it carries our number',
      { ...DEFAULT, destination: '10.103.97.2/32', protocol: ROUTE_PROTOCOL },
    ],
  ])('does not undo a route %s', (_what, foreign) => {
    const routes = new FakeRoutes([foreign])
    expect(undoAll([piece(routes, '192.0.2.9')])).toEqual({ applied: [], failures: [] })
    expect(routes.all()).toEqual([foreign])
  })
})
