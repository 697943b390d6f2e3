import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatEndpoint, formatService, Ipvs, type ServiceKey } from '@lvscare/ipvs'
import { defaultLibc } from '@lvscare/netlink'
import { type Exchange, recordingLibc } from '@lvscare/netlink/testing'
import { savedTable } from '../lab/ipvsadm.ts'
import { freshTable, restore } from './ipvs-table.ts'

const KEY: ServiceKey = { protocol: 'tcp', address: '10.103.97.2', port: 6443 }
const MEMBERS = Array.from(
  { length: 300 },
  (_, n) => `192.0.2.${1 + (n % 100)}:${6443 + Math.floor(n / 100)}`,
)
const OWN = [
  '-A -t 10.103.97.2:6443 -s rr',
  ...MEMBERS.map((member) => `-a -t 10.103.97.2:6443 -r ${member} -m -w 1`),
]

/** Services of others, each with a destination. */
const FOREIGN = Array.from({ length: 500 }, (_, n) => `10.96.${n >> 8}.${n & 255}:443`).flatMap((service) => [
  `-A -t ${service} -s rr`,
  `-a -t ${service} -r 192.0.2.200:443 -m -w 1`,
])

/** What the call gives, and the datagrams of the answer. */
function recorded<T>(call: (ipvs: Ipvs) => T): { result: T; answers: Uint8Array[] } {
  const log: Exchange[] = []
  const ipvs = Ipvs.open({ libc: recordingLibc(defaultLibc(), log) })
  log.length = 0
  const result = call(ipvs)
  ipvs.close()
  return { result, answers: log.filter(({ direction }) => direction === 'answer').map(({ bytes }) => bytes) }
}

function lengths(datagrams: readonly Uint8Array[]): number[] {
  return datagrams.map(({ length }) => length)
}

describe('a large IPVS table', () => {
  freshTable()

  it('destinations() tells all 300 of a service, over several datagrams', () => {
    restore(...OWN)
    const { result, answers } = recorded((ipvs) => ipvs.destinations(KEY))
    assert.ok(answers.length > 2, `${answers.length} datagrams`)
    assert.deepEqual(result?.map(formatEndpoint).sort(), [...MEMBERS].sort())
  })

  it('services() tells all 501, over several datagrams', () => {
    restore(...OWN, ...FOREIGN)
    const { result, answers } = recorded((ipvs) => ipvs.services())
    assert.ok(answers.length > 2, `${answers.length} datagrams`)
    const told = savedTable().filter((line) => line.startsWith('-A '))
    assert.equal(told.length, 501)
    const read = result.map((service) => `-A -t ${formatService(service).slice(4)} -s ${service.scheduler}`)
    assert.deepEqual(read.sort(), told.sort())
  })

  it('destinations() reads its own service alone: 500 others cost not one byte', () => {
    const [service = '', ...members] = OWN
    restore(service, ...members.slice(0, 3))
    const calls: ReadonlyArray<(ipvs: Ipvs) => unknown> = [
      (ipvs: Ipvs) => ipvs.destinations(KEY),
      (ipvs: Ipvs) => ipvs.service(KEY),
      (ipvs: Ipvs) => ipvs.destinations({ ...KEY, port: 1 }),
      (ipvs: Ipvs) => ipvs.info(),
    ]
    const alone = calls.map((call) => recorded(call))
    restore(...FOREIGN)
    const among = calls.map((call) => recorded(call))
    assert.deepEqual(
      among.map(({ result }) => result),
      alone.map(({ result }) => result),
    )
    assert.deepEqual(
      among.map(({ answers }) => lengths(answers)),
      alone.map(({ answers }) => lengths(answers)),
    )
  })
})
