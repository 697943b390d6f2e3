import type { NewService, ServiceFlag } from '@lvscare/ipvs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEndpoint, runPass, ServicePiece, serviceKey, undoAll } from '../../src/index.ts'
import { FakeTable } from '../fake-table.ts'

const VIRTUAL = parseEndpoint('10.103.97.2:6443')
const KEY = serviceKey(VIRTUAL)
const OTHER: NewService = { protocol: 'tcp', address: '10.103.97.2', port: 443, scheduler: 'sh' }

function tableOf(...services: readonly NewService[]): FakeTable {
  const table = new FakeTable()
  for (const service of services) table.addService(service)
  table.writes.length = 0
  return table
}

const anyFlags = fc.subarray<ServiceFlag>(['persistent', 'onepacket', 'sched1'])
const anyStart = fc.option(
  fc.record({
    scheduler: fc.constantFrom('rr', 'wlc', 'sh'),
    flags: anyFlags,
    persistenceTimeout: fc.nat(600),
    netmask: fc.constantFrom('255.255.255.255', '255.255.255.0'),
  }),
)

describe('serviceKey', () => {
  it('is TCP', () => {
    expect(serviceKey(VIRTUAL)).toEqual({ protocol: 'tcp', address: '10.103.97.2', port: 6443 })
  })
})

describe('ServicePiece', () => {
  it.each([
    ['sh', ['sched1']],
    ['mh', ['sched1']],
    ['dh', []],
    ['rr', []],
  ])(
    'with %s asks for the flags %j: a drained server must not refuse its share of the clients',
    (scheduler, flags) => {
      const table = tableOf()
      runPass([new ServicePiece(table, VIRTUAL, scheduler)])
      expect(table.service(KEY)).toMatchObject({ scheduler, flags })
    },
  )

  it('reaches the wanted service from any start in one pass, and then rests', () => {
    fc.assert(
      fc.property(anyStart, fc.constantFrom('rr', 'wlc'), (start, scheduler) => {
        const table = tableOf(OTHER, ...(start === null ? [] : [{ ...KEY, ...start }]))
        const piece = new ServicePiece(table, VIRTUAL, scheduler)
        expect(runPass([piece]).failures).toEqual([])
        expect(table.service(KEY)).toMatchObject({
          scheduler,
          flags: [],
          persistenceTimeout: 0,
          netmask: '255.255.255.255',
        })
        expect(piece.plan()).toEqual([])
        expect(table.service(OTHER)?.scheduler).toBe('sh')
      }),
    )
  })

  it('changes in place: the members stay', () => {
    const table = tableOf({ ...KEY, scheduler: 'wlc', flags: ['persistent'], persistenceTimeout: 300 })
    table.addDestination(KEY, { address: '192.0.2.1', port: 1 })
    const [step] = runPass([new ServicePiece(table, VIRTUAL, 'rr')]).applied
    expect(step).toMatchObject({ kind: 'set-service', subject: VIRTUAL.text, found: 'wlc persistent 300s' })
    expect(table.weights(KEY)).toEqual(new Map([['192.0.2.1:1', 1]]))
  })

  it('adds a missing service, and writes nothing to one that agrees', () => {
    const table = tableOf()
    const piece = new ServicePiece(table, VIRTUAL, 'rr')
    expect(piece.plan()).toMatchObject([{ kind: 'add-service', found: 'nothing' }])
    runPass([piece])
    runPass([piece])
    expect(table.writes).toEqual(['add service'])
  })

  it('undoes its own service only, and may be undone again', () => {
    const table = tableOf(OTHER, { ...KEY, scheduler: 'rr' })
    const piece = new ServicePiece(table, VIRTUAL, 'rr')
    expect(undoAll([piece]).applied).toMatchObject([
      { kind: 'delete-service', subject: VIRTUAL.text, found: 'rr' },
    ])
    expect(undoAll([piece])).toEqual({ applied: [], failures: [] })
    expect([table.service(KEY), table.service(OTHER)?.scheduler]).toEqual([undefined, 'sh'])
  })
})
