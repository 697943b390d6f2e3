import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { outcome } from '../lab/exec.ts'
import { savedTable } from '../lab/ipvsadm.ts'
import { program } from '../lab/programs.ts'
import { freshTable, refuses, restore } from './ipvs-table.ts'

const MODPROBE = '/proc/sys/kernel/modprobe'
const NOBODY = 65534

const KEY = { protocol: 'tcp', address: '10.1.2.3', port: 6443 } as const
const KEY6 = { protocol: 'tcp', address: 'fd00::1', port: 6443 } as const
const MISSING = { ...KEY, port: 1 } as const
const SERVER = { address: '192.0.2.11', port: 6443 }
const TABLE = ['-A -t 10.1.2.3:6443 -s rr', '-a -t 10.1.2.3:6443 -r 192.0.2.11:6443 -m -w 1']

describe('IPVS refuses', () => {
  const table = freshTable()
  beforeEach(() => restore(...TABLE))
  // Whatever was refused has changed nothing.
  afterEach(() => assert.deepEqual(savedTable(), TABLE))

  it('to add what is there', () => {
    refuses('ERR_IPVS_EXISTS', () => table.ipvs.addService({ ...KEY, scheduler: 'wrr' }))
    refuses('ERR_IPVS_EXISTS', () => table.ipvs.addDestination(KEY, { ...SERVER, weight: 9 }))
  })

  it('to change a service that is missing', () => {
    const { ipvs } = table
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.setService({ ...MISSING, scheduler: 'rr' }))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.deleteService(MISSING))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.addDestination(MISSING, SERVER))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.setDestination(MISSING, SERVER))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.deleteDestination(MISSING, SERVER))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.zero(MISSING))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.deleteService({ ...KEY, protocol: 'udp' }))
    refuses('ERR_IPVS_NO_SERVICE', () => ipvs.deleteService({ fwmark: 7, family: 'inet' }))
  })

  it('to change a destination that is missing', () => {
    for (const server of [
      { ...SERVER, port: 1 },
      { address: '192.0.2.12', port: 6443 },
    ]) {
      refuses('ERR_IPVS_NO_DESTINATION', () => table.ipvs.setDestination(KEY, server))
      refuses('ERR_IPVS_NO_DESTINATION', () => table.ipvs.deleteDestination(KEY, server))
    }
  })

  it('a scheduler or a persistence engine that nobody has', () => {
    const { ipvs } = table
    const nobodys = { scheduler: 'nonesuch' }
    refuses('ERR_IPVS_NO_SCHEDULER', () => ipvs.addService({ ...MISSING, ...nobodys }), /scheduler nonesuch/)
    refuses('ERR_IPVS_NO_SCHEDULER', () => ipvs.setService({ ...KEY, ...nobodys }))
    const engine = { scheduler: 'rr', peName: 'nonesuch' }
    refuses('ERR_IPVS_NO_SCHEDULER', () => ipvs.addService({ ...MISSING, ...engine }), /engine nonesuch/)
    refuses('ERR_IPVS_NO_SCHEDULER', () => ipvs.setService({ ...KEY, ...engine }))
  })

  it('a scheduler whose module cannot be loaded, and takes it when it can', () => {
    const { ipvs } = table
    const modprobe = readFileSync(MODPROBE, 'utf8')
    assert.equal(/^ip_vs_lblcr /m.test(readFileSync('/proc/modules', 'utf8')), false, 'loaded too early')
    writeFileSync(MODPROBE, '/bin/false')
    try {
      refuses('ERR_IPVS_NO_SCHEDULER', () => ipvs.addService({ ...MISSING, scheduler: 'lblcr' }))
    } finally {
      writeFileSync(MODPROBE, modprobe)
    }
    ipvs.addService({ ...MISSING, scheduler: 'lblcr' })
    assert.equal(ipvs.service(MISSING)?.scheduler, 'lblcr')
    ipvs.deleteService(MISSING)
  })

  for (const address of ['0.0.0.0', '224.0.0.1', '255.255.255.255', '127.255.255.255']) {
    it(`${address} as a destination`, () => {
      refuses('ERR_IPVS_INVALID', () => table.ipvs.addDestination(KEY, { ...SERVER, address }), /EINVAL/)
    })
  }

  it('IPv6 addresses that are no server either', () => {
    const { ipvs } = table
    ipvs.addService({ ...KEY6, scheduler: 'rr' })
    for (const address of ['::', 'ff02::1', 'fe80::1']) {
      refuses('ERR_IPVS_INVALID', () => ipvs.addDestination(KEY6, { address, port: 80 }), /EINVAL/)
    }
    assert.deepEqual(ipvs.destinations(KEY6), [])
    ipvs.deleteService(KEY6)
  })

  it('numbers that break a rule, before the kernel sees them', () => {
    const { ipvs } = table
    refuses('ERR_IPVS_INVALID', () =>
      ipvs.setDestination(KEY, { ...SERVER, upperThreshold: 1, lowerThreshold: 2 }),
    )
    refuses('ERR_IPVS_INVALID', () => ipvs.setDestination(KEY, { ...SERVER, weight: 65536 }))
    refuses('ERR_IPVS_INVALID', () => ipvs.setService({ ...KEY6, scheduler: 'rr', netmask: '129' }))
    refuses('ERR_IPVS_INVALID', () => ipvs.setTimeouts({ tcp: 0 }))
  })

  for (const [who, command] of [
    ['another user', undefined],
    ['root of a child user namespace, in its own network namespace', ['unshare', '-Urn']],
  ] as const) {
    it(`${who}, whatever is asked; only the connection table is for everybody`, () => {
      const node = [process.execPath, program('ipvs-probe')] as const
      const { code, stdout, stderr } =
        command === undefined
          ? outcome(node, { uid: NOBODY })
          : outcome([command[0], ...command.slice(1), ...node])
      assert.equal(code, 0, stderr)
      const { readConnections, ...calls } = JSON.parse(stdout) as Record<string, string>
      assert.equal(readConnections, 'ok')
      assert.equal(Object.keys(calls).length, 13)
      assert.deepEqual([...new Set(Object.values(calls))], ['ERR_IPVS_NO_PRIVILEGE'])
    })
  }
})
