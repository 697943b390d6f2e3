import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { completeService, formatService, type NewService, type ServiceKey } from '@lvscare/ipvs'
import { exec } from '../lab/exec.ts'
import { savedTable, shownTable } from '../lab/ipvsadm.ts'
import { SERVICE_CASES as CASES } from './ipvs-service-cases.ts'
import { freshTable, refuses, restore, ZERO_STATS } from './ipvs-table.ts'

/** Only what names it. */
function keyOf(service: NewService): ServiceKey {
  if ('fwmark' in service) return { fwmark: service.fwmark, family: service.family }
  return { protocol: service.protocol, address: service.address, port: service.port }
}

describe('IPVS services', () => {
  const table = freshTable()

  for (const [service, saved] of CASES) {
    const key = keyOf(service)
    it(`${saved}: written, read, set in place and deleted`, () => {
      const { ipvs } = table
      const entry = { ...completeService(service), stats: ZERO_STATS }
      ipvs.addService(service)
      assert.deepEqual(savedTable(), [saved])
      assert.deepEqual(ipvs.service(key), entry)
      assert.deepEqual(ipvs.services(), [entry])
      ipvs.setService({ ...key, scheduler: 'fo' })
      assert.deepEqual(savedTable(), [saved.replace(/ -s .*/, ' -s fo')])
      ipvs.setService(service)
      assert.deepEqual(savedTable(), [saved])
      ipvs.deleteService(key)
      assert.deepEqual(savedTable(), [])
      assert.equal(ipvs.service(key), undefined)
      // The other way round: what ipvsadm writes reads the same.
      restore(saved)
      assert.deepEqual(ipvs.service(key), entry)
    })
  }

  it('all of them at once: services() tells each, and each is found alone', () => {
    const { ipvs } = table
    // Of the cases that share a key only the first.
    const each = new Map(
      CASES.map(([service, saved]) => [formatService(service), { service, saved }] as const).reverse(),
    )
    for (const { service } of each.values()) ipvs.addService(service)
    const lines = [...each.values()].map(({ saved }) => saved)
    assert.deepEqual(savedTable().sort(), lines.sort())
    assert.deepEqual(ipvs.services().map(formatService).sort(), [...each.keys()].sort())
    for (const { service } of each.values()) {
      assert.deepEqual(ipvs.service(keyOf(service)), { ...completeService(service), stats: ZERO_STATS })
    }
  })

  it('set in place keeps the destinations and the identity', () => {
    const { ipvs } = table
    const key = { protocol: 'tcp', address: '10.1.2.3', port: 80 } as const
    restore('-A -t 10.1.2.3:80 -s rr', '-a -t 10.1.2.3:80 -r 192.0.2.11:80 -m -w 3')
    ipvs.setService({ ...key, scheduler: 'wrr', flags: ['persistent'], persistenceTimeout: 30 })
    assert.deepEqual(savedTable(), [
      '-A -t 10.1.2.3:80 -s wrr -p 30',
      '-a -t 10.1.2.3:80 -r 192.0.2.11:80 -m -w 3',
    ])
  })

  it('a protocol of others reads as its number, and can be deleted by it', () => {
    const { ipvs } = table
    const esp = { protocol: 'ip-50', address: '10.1.2.3', port: 0, scheduler: 'rr' } as const
    ipvs.addService(esp)
    assert.equal(ipvs.service(esp)?.scheduler, 'rr')
    assert.match(shownTable(), /10\.1\.2\.3:0 rr/)
    ipvs.deleteService(esp)
    assert.deepEqual(ipvs.services(), [])
  })

  it('an empty table is an empty list, and what is missing is undefined', () => {
    const { ipvs } = table
    const key = { protocol: 'tcp', address: '10.1.2.3', port: 80 } as const
    assert.deepEqual(ipvs.services(), [])
    assert.equal(ipvs.service(key), undefined)
    assert.equal(ipvs.service({ fwmark: 7, family: 'inet6' }), undefined)
    assert.equal(ipvs.destinations(key), undefined)
    restore('-A -t 10.1.2.3:80 -s rr')
    assert.deepEqual(ipvs.destinations(key), [])
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.deleteService({ ...key, port: 81 }))
  })

  it('fwmarks above 2^31 are what the kernel says, whatever ipvsadm makes of them', () => {
    const { ipvs } = table
    const key = { fwmark: 0xffff_ffff, family: 'inet' } as const
    ipvs.addService({ ...key, scheduler: 'rr' })
    assert.match(exec('cat', '/proc/net/ip_vs'), /^FWM {2}FFFFFFFF rr/m)
    assert.equal(ipvs.service(key)?.scheduler, 'rr')
  })
})
