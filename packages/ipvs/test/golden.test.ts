import { expect, it } from 'vitest'
import { Ipvs } from '../src/index.ts'
import { golden, goldenNames } from './golden.ts'
import { replayKernel } from './replay-kernel.ts'

const tcp = { protocol: 'tcp', address: '10.1.2.3', port: 6443 } as const
const server = { address: '192.0.2.10', port: 6443 }
const zeroStats = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
  connectionRate: 0n,
  inPacketRate: 0n,
  outPacketRate: 0n,
  inByteRate: 0n,
  outByteRate: 0n,
}

/** For each capture the call that made it and what it gave; the request is compared by the replay itself. */
const calls: Record<string, { call: (ipvs: Ipvs) => unknown; result?: unknown; code?: string }> = {
  ack: { call: (ipvs) => ipvs.zero() },
  'new-service': { call: (ipvs) => ipvs.addService({ ...tcp, scheduler: 'rr' }) },
  'new-dest': { call: (ipvs) => ipvs.addDestination(tcp, server) },
  'del-dest': { call: (ipvs) => ipvs.deleteDestination(tcp, server) },
  // The capture of a dump has no answer, so the replay ends it as empty.
  'get-service-dump': { call: (ipvs) => ipvs.services(), result: [] },
  info: { call: (ipvs) => ipvs.info(), result: { version: '1.2.1', connectionTableSize: 4096 } },
  config: { call: (ipvs) => ipvs.timeouts(), result: { tcp: 900, tcpFin: 120, udp: 300 } },
  'no-service': { call: (ipvs) => ipvs.deleteService({ ...tcp, port: 1 }), code: 'ERR_IPVS_NO_SERVICE' },
  'service-persistent': {
    call: (ipvs) => ipvs.service(tcp),
    result: {
      ...tcp,
      scheduler: 'rr',
      flags: ['persistent'],
      persistenceTimeout: 30,
      netmask: '255.255.255.255',
      stats: zeroStats,
    },
  },
  'dest-tunnel': {
    call: (ipvs) => ipvs.destinations(tcp),
    result: [
      {
        address: '127.0.0.9',
        port: 6443,
        forward: 'tunnel',
        weight: 1,
        upperThreshold: 0,
        lowerThreshold: 0,
        tunnel: { type: 'gue', port: 5555, flags: ['csum'] },
        activeConnections: 0,
        inactiveConnections: 0,
        persistentConnections: 0,
        stats: zeroStats,
      },
    ],
  },
}

/** Captures without an answer that the client could go on with: destination-codec.test.ts compares them. */
const requestsOnly = ['get-dest-dump']

it('has a call for every capture', () => {
  expect([...Object.keys(calls), ...requestsOnly].sort()).toEqual(goldenNames().sort())
})

it.each(Object.entries(calls))('%s.hex: sends what was captured, reads what was answered', (name, one) => {
  const kernel = replayKernel(golden(name))
  const ipvs = Ipvs.open({ libc: kernel })
  if (one.code === undefined) expect(one.call(ipvs)).toEqual(one.result)
  else expect(() => one.call(ipvs)).toThrow(expect.objectContaining({ code: one.code }))
  expect(kernel.left()).toBe(0)
})

it('the replay refuses a request that differs from the capture', () => {
  const ipvs = Ipvs.open({ libc: replayKernel(golden('new-service')) })
  expect(() => ipvs.addService({ ...tcp, port: 6444, scheduler: 'rr' })).toThrow('expected')
})
