import assert from 'node:assert/strict'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import {
  type ConnectionEntry,
  connectionColumns,
  formatEndpoint,
  type ReadConnectionsOptions,
  readConnections,
  type ServiceKey,
} from '@lvscare/ipvs'
import { ECHO_PORT, openEcho } from '../lab/echo.ts'
import { exec } from '../lab/exec.ts'
import { waitFor } from '../lab/wait.ts'
import { freshTable } from './ipvs-table.ts'
import { echoNetwork, members, VIP } from './ipvs-traffic.ts'

const TCP: ServiceKey = { protocol: 'tcp', address: VIP.v4, port: ECHO_PORT }
const TCP6: ServiceKey = { protocol: 'tcp', address: VIP.v6, port: ECHO_PORT }
const UDP: ServiceKey = { protocol: 'udp', address: VIP.v4, port: ECHO_PORT }

/** One connection in the words of `ipvsadm -Lnc`, and when it expires. */
interface Row {
  readonly words: string
  readonly seconds: number
}

/** The table as ipvsadm tells it, with the words of persistence engines: `TCP 14:58  ESTABLISHED 192.0.2.1:43210 10.103.97.2:7007 192.0.2.11:7007`. */
function toldRows(): Row[] {
  const rows = [...exec('ipvsadm', '-Lnc', '--persistent-conn').matchAll(/^(\w+) +(\d+):(\d+) +(.*?) *$/gm)]
  return rows.map(([, protocol, minutes, seconds, rest]) => ({
    words: `${protocol} ${rest}`.replace(/ +/g, ' '),
    seconds: Number(minutes) * 60 + Number(seconds),
  }))
}

function rowOf(entry: ConnectionEntry): Row {
  const ends = [entry.client, entry.virtual, entry.destination].map(formatEndpoint).join(' ')
  const engine = entry.peName === undefined ? '' : ` ${entry.peName} ${entry.peData}`
  return {
    words: `${entry.protocol.toUpperCase()} ${entry.state} ${ends}${engine}`,
    seconds: entry.expiresSeconds,
  }
}

async function readRows(options: ReadConnectionsOptions = {}): Promise<Row[]> {
  const rows: Row[] = []
  const onMalformed = (line: string): never => assert.fail(`not understood: ${line}`)
  for await (const entry of readConnections({ onMalformed, ...options })) rows.push(rowOf(entry))
  return rows
}

function sorted(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => (a.words < b.words ? -1 : 1))
}

function words(rows: readonly Row[]): string[] {
  return rows.map((row) => row.words)
}

/** Asserts that both tell the same, with timers that have run on for three seconds at most; gives the words. */
async function sameRows(): Promise<string[]> {
  const [read, told] = await waitFor('a table that stands still', 10_000, async () => {
    const first = sorted(await readRows())
    const rows = sorted(toldRows())
    // An entry that expires meanwhile is no difference.
    return isDeepStrictEqual(words(first), words(sorted(await readRows()))) && ([first, rows] as const)
  })
  assert.deepEqual(words(read), words(told))
  for (const [n, row] of read.entries()) {
    const later = row.seconds - (told[n]?.seconds ?? 0)
    assert.ok(later >= 0 && later <= 3, `${row.words}: ${later} s`)
  }
  return words(read)
}

describe('readConnections()', () => {
  const table = freshTable()
  const network = echoNetwork()
  const sockets: Array<Socket | UdpSocket> = []

  afterEach(() => {
    for (const socket of sockets.splice(0)) 'destroy' in socket ? socket.destroy() : socket.close()
  })

  function serve(key: ServiceKey, family: 'v4' | 'v6', extra = {}): void {
    table.ipvs.addService({ ...key, scheduler: 'rr', ...extra })
    for (const member of members(network, family)) table.ipvs.addDestination(key, member)
  }

  async function open(address: string): Promise<Socket> {
    const socket = await openEcho(address, ECHO_PORT)
    sockets.push(socket)
    return socket
  }

  async function openUdp(text = 'x'): Promise<UdpSocket> {
    const socket = createSocket('udp4')
    sockets.push(socket)
    const answered = once(socket, 'message')
    socket.send(text, ECHO_PORT, VIP.v4)
    await answered
    return socket
  }

  it('tells what ipvsadm -Lnc tells of live connections, IPv4 and IPv6', async () => {
    serve(TCP, 'v4')
    serve(TCP6, 'v6')
    const clients = [await open(VIP.v4), await open(VIP.v4), await open(VIP.v6), await open(VIP.v6)]
    const rows = await sameRows()
    for (const socket of clients) {
      const client = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 }
      const own = rows.filter((row) => row.includes(` ${formatEndpoint(client)} `))
      assert.equal(own.length, 1, formatEndpoint(client))
      assert.match(own[0] ?? '', /^TCP ESTABLISHED /)
      const filter = (line: string): boolean => line.includes(connectionColumns(client))
      assert.deepEqual(words(await readRows({ filter })), own)
    }
  })

  it('tells the templates of persistent services too', async () => {
    serve(TCP, 'v4', { flags: ['persistent'], persistenceTimeout: 100 })
    await open(VIP.v4)
    const rows = await sameRows()
    assert.ok(rows.some((row) => row.startsWith(`TCP ASSURED 192.0.2.1:0 ${VIP.v4}:${ECHO_PORT} `)))
  })

  it('tells the persistence engine and what it knows', async () => {
    serve(UDP, 'v4', { flags: ['persistent'], persistenceTimeout: 5, peName: 'sip' })
    // Short, because an entry holds the engine's module for as long as it lives.
    table.ipvs.setTimeouts({ udp: 1 })
    await openUdp('OPTIONS sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nCall-ID: abc-123@host\r\n\r\n')
    table.ipvs.setTimeouts({ udp: 300 })
    const rows = await sameRows()
    assert.ok(
      rows.some((row) => row.endsWith(' sip abc-123@host')),
      rows.join('\n'),
    )
  })

  it('tells all of many, which the kernel gives page by page', async () => {
    serve(UDP, 'v4')
    for (let n = 0; n < 300; n += 1) await openUdp()
    const rows = await sameRows()
    assert.ok(rows.filter((row) => row.startsWith('UDP UDP ')).length >= 300)
  })
})
