import type { Route } from '@lvscare/netlink'
import { describe, expect, it } from 'vitest'
import {
  GatewayRoutePiece,
  gatewayRoute,
  parseEndpoint,
  ROUTE_PROTOCOL,
  runPass,
  undoAll,
} from '../../src/index.ts'
import { FakeRoutes } from '../fake-routes.ts'

const V4 = parseEndpoint('10.103.97.2:6443')
const V6 = parseEndpoint('[fd00::2]:6443')
const QUIET = { applied: [], failures: [] }

function piece(routes: FakeRoutes, address: string, virtual: typeof V4 = V4): GatewayRoutePiece {
  return new GatewayRoutePiece(routes, virtual, () => ({ address, link: 3 }))
}

describe('gatewayRoute', () => {
  it('is lvscare’s for IPv4: through the node itself, with metric 50', () => {
    expect(gatewayRoute(V4, '192.0.2.9', undefined)).toEqual({
      family: 'inet',
      destination: '10.103.97.2/32',
      table: 254,
      type: 'unicast',
      scope: 'universe',
      protocol: ROUTE_PROTOCOL,
      metric: 50,
      gateway: '192.0.2.9',
    })
  })

  it('leads out of the node’s link for IPv6, which refuses such a gateway', () => {
    expect(gatewayRoute(V6, 'fd00::9', 3)).toMatchObject({
      destination: 'fd00::2/128',
      metric: 50,
      preferredSource: 'fd00::9',
      outputLink: 3,
    })
  })
})

describe('GatewayRoutePiece', () => {
  it.each([
    ['IPv4', V4, '192.0.2.9', '192.0.2.8'],
    ['IPv6', V6, 'fd00::9', 'fd00::8'],
  ])('makes, mends and takes back the route (%s)', (_family, virtual, source, moved) => {
    const routes = new FakeRoutes()
    expect(runPass([piece(routes, source, virtual)]).applied).toMatchObject([{ kind: 'add-route' }])
    expect(runPass([piece(routes, source, virtual)])).toEqual(QUIET)
    expect(runPass([piece(routes, moved, virtual)]).applied).toMatchObject([{ kind: 'replace-route' }])
    expect(routes.all()).toEqual([gatewayRoute(virtual, moved, 3)])
    expect(undoAll([piece(routes, moved, virtual)]).applied).toMatchObject([{ kind: 'delete-route' }])
    expect(routes.all()).toEqual([])
    expect(undoAll([piece(routes, moved, virtual)])).toEqual(QUIET)
  })

  it('is no repair when the node’s address has changed, and one when somebody broke the route', () => {
    const routes = new FakeRoutes()
    let address = '192.0.2.9'
    const subject = new GatewayRoutePiece(routes, V4, () => ({ address, link: undefined }))
    expect(runPass([subject]).applied).toMatchObject([{ wantedChanged: true }])
    address = '192.0.2.8'
    expect(runPass([subject]).applied).toMatchObject([{ wantedChanged: true }])
    routes.deleteRoute({ destination: '10.103.97.2/32' })
    expect(runPass([subject]).applied).toMatchObject([{ wantedChanged: false }])
  })

  it.each([
    ['an address of this node', { type: 'local', table: 255 }, 'is assigned to a link of this node'],
    ['a better route of somebody else', { metric: 10, gateway: '192.0.2.1' }, 'via 192.0.2.1 metric 10'],
  ] as const)('says that %s is in its way', (_what, parts, words) => {
    const other: Route = { ...gatewayRoute(V4, '192.0.2.7', undefined), protocol: 3, ...parts }
    const routes = new FakeRoutes([other])
    expect(runPass([piece(routes, '192.0.2.9')]).failures).toMatchObject([
      { error: { code: 'ERR_LVSCARE_VIP_TAKEN', message: expect.stringContaining(words) } },
    ])
    expect(undoAll([piece(routes, '192.0.2.9')])).toEqual(QUIET)
    expect(routes.all()).toEqual([other])
  })
})
