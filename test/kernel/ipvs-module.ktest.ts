import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Ipvs, readConnections } from '@lvscare/ipvs'
import { GenlFamily } from '@lvscare/netlink'
import { exec } from '../lab/exec.ts'
import { unloadIpvs } from '../lab/ipvs-module.ts'
import { savedTable } from '../lab/ipvsadm.ts'
import { freshTable, refuses } from './ipvs-table.ts'

const MODPROBE = '/proc/sys/kernel/modprobe'
const KEY = { protocol: 'tcp', address: '10.1.2.3', port: 6443 } as const
const SERVER = { address: '192.0.2.11', port: 6443 }

function familyId(): number {
  const family = GenlFamily.open('IPVS')
  family.close()
  return family.info.id
}

/** What the kernel is told to start when it wants a module; put back afterwards. */
async function withoutModules(work: () => unknown): Promise<void> {
  const modprobe = readFileSync(MODPROBE, 'utf8')
  writeFileSync(MODPROBE, '/bin/false')
  try {
    await work()
  } finally {
    writeFileSync(MODPROBE, modprobe)
  }
}

const CALLS: ReadonlyArray<readonly [name: string, call: (ipvs: Ipvs) => unknown]> = [
  ['a read', (ipvs) => ipvs.info()],
  ['a dump', (ipvs) => assert.deepEqual(ipvs.services(), [])],
  ['a dump of destinations', (ipvs) => assert.equal(ipvs.destinations(KEY), undefined)],
  ['a read of what is missing', (ipvs) => assert.equal(ipvs.service(KEY), undefined)],
  ['a new service', (ipvs) => ipvs.addService({ ...KEY, scheduler: 'rr' })],
  ['a refused change', (ipvs) => refuses('ERR_IPVS_NO_SERVICE', () => ipvs.addDestination(KEY, SERVER))],
]

describe('the module ip_vs', () => {
  const table = freshTable()

  for (const [name, call] of CALLS) {
    it(`was loaded again and has another family id: an open client goes on with ${name}`, async () => {
      const before = familyId()
      await unloadIpvs()
      exec('modprobe', 'ip_vs')
      assert.notEqual(familyId(), before)
      call(table.ipvs)
      assert.equal(table.ipvs.info().version, '1.2.1')
    })
  }

  it('was unloaded: an open client, and a new one, load it again', async () => {
    await unloadIpvs()
    table.ipvs.addService({ ...KEY, scheduler: 'wrr' })
    assert.deepEqual(savedTable(), ['-A -t 10.1.2.3:6443 -s wrr'])
    table.ipvs.deleteService(KEY)
    await unloadIpvs()
    const ipvs = Ipvs.open()
    assert.deepEqual(ipvs.services(), [])
    ipvs.close()
  })

  it('cannot be loaded: everything says so, and goes on working once it can', async () => {
    await unloadIpvs()
    await withoutModules(async () => {
      refuses('ERR_IPVS_UNAVAILABLE', () => Ipvs.open(), /load the module ip_vs/)
      for (const call of [
        () => table.ipvs.services(),
        () => table.ipvs.addService({ ...KEY, scheduler: 'rr' }),
      ]) {
        refuses('ERR_IPVS_UNAVAILABLE', call, /load the module ip_vs/)
      }
      const first = readConnections().next()
      await assert.rejects(first, { code: 'ERR_IPVS_UNAVAILABLE' })
    })
    table.ipvs.addService({ ...KEY, scheduler: 'rr' })
    assert.deepEqual(savedTable(), ['-A -t 10.1.2.3:6443 -s rr'])
  })
})
