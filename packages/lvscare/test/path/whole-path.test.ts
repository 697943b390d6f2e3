import { describe, expect, it } from 'vitest'
import {
  localRoute,
  parseEndpoint,
  RoutePiece,
  runPass,
  ServersPiece,
  ServicePiece,
  serviceKey,
  undoAll,
} from '../../src/index.ts'
import { FakeRoutes } from '../fake-routes.ts'
import { FakeTable } from '../fake-table.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const SERVERS = ['192.0.2.1:6443', '192.0.2.2:6443'].map(parseEndpoint)
const WEIGHTS = new Map(SERVERS.map(({ text }) => [text, 1]))
const KEY = serviceKey(VIRTUAL)

function world() {
  const [table, routes] = [new FakeTable(), new FakeRoutes()]
  const pieces = [
    new RoutePiece(routes, VIRTUAL, () => '192.0.2.9'),
    new ServicePiece(table, VIRTUAL, 'rr'),
    new ServersPiece(table, VIRTUAL, () => ({ servers: SERVERS, weights: WEIGHTS })),
  ]
  return { table, routes, pieces }
}

describe('runPass over the whole path', () => {
  it('sets everything in one pass from nothing, and rests', () => {
    const { table, routes, pieces } = world()
    expect(runPass(pieces).applied.map(({ kind }) => kind)).toEqual([
      'add-route',
      'add-service',
      'add-server',
      'add-server',
    ])
    expect([table.weights(KEY), routes.all()]).toEqual([WEIGHTS, [localRoute(VIRTUAL, '192.0.2.9')]])
    expect(runPass(pieces)).toEqual({ applied: [], failures: [] })
  })

  it('mends whatever somebody else breaks', () => {
    const { table, routes, pieces } = world()
    runPass(pieces)
    table.deleteService(KEY)
    routes.deleteRoute(localRoute(VIRTUAL, '192.0.2.9'))
    runPass(pieces)
    expect([table.weights(KEY), routes.all()]).toEqual([WEIGHTS, [localRoute(VIRTUAL, '192.0.2.9')]])
  })

  it('sets the other members when the kernel refuses one, and that one as soon as it may', () => {
    const { table, pieces } = world()
    table.refuse = (operation, subject) => operation === 'add destination' && subject === '192.0.2.1:6443'
    expect(runPass(pieces).failures).toMatchObject([
      { piece: 'servers', step: { subject: '192.0.2.1:6443 weight 1' }, error: { code: 'ERR_IPVS_KERNEL' } },
    ])
    expect(table.weights(KEY)).toEqual(new Map([['192.0.2.2:6443', 1]]))
    table.refuse = () => false
    runPass(pieces)
    expect(table.weights(KEY)).toEqual(WEIGHTS)
  })

  it('still makes the route when IPVS cannot be read', () => {
    const { table, routes, pieces } = world()
    table.refuse = (operation) => operation.startsWith('read')
    const { failures } = runPass(pieces)
    expect(failures.map(({ piece, step }) => [piece, step])).toEqual([
      ['service', undefined],
      ['servers', undefined],
    ])
    expect(routes.all()).toHaveLength(1)
  })
})

describe('undoAll over the whole path', () => {
  it('leaves nothing, the service before the route, and may be repeated', () => {
    const { table, routes, pieces } = world()
    runPass(pieces)
    expect(undoAll(pieces).applied.map(({ kind }) => kind)).toEqual(['delete-service', 'delete-route'])
    expect([table.weights(KEY), routes.all()]).toEqual([undefined, []])
    expect(undoAll(pieces)).toEqual({ applied: [], failures: [] })
  })
})
