import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { PORT } from '../lab/apiserver.ts'
import { openWatch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 60_000

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range'

/** So few that a client and the guard soon meet when they take them from the same half. */
const PORTS = 64

/** Half of those that are for clients. */
const CLIENTS = 16

/** Enough to go through them four times. */
const ROUNDS = 8

/** A SYN that was lost is sent again after 1, 3 and 7 seconds; one that another connection swallows is never answered. */
const CONNECT_MS = 10_000

const AGAIN = 'GET /watch HTTP/1.1\r\nHost: apiserver\r\n\r\n'

describe('lvscare care and the ports of clients of its own node', () => {
  let cluster: TestCluster
  const usual = readFileSync(RANGE, 'utf8').trim()

  before(async () => {
    cluster = await TestCluster.create('a', 'b', 'c')
  })
  afterEach(() => GuardProcess.killAll())
  after(async () => {
    writeFileSync(RANGE, usual)
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
  })

  /** Below those that are usual: what other tests left in TIME_WAIT is not among them. */
  function fewPorts(first: number): void {
    writeFileSync(RANGE, `${first} ${first + PORTS - 1}`)
  }

  async function guarding(): Promise<GuardProcess> {
    const guard = new GuardProcess([...cluster.flags, '--interval', '1s', '--metrics-address', 'off'])
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
    return guard
  }

  it('leaves every client that connects while it keeps its connections a port of its own', async () => {
    fewPorts(20_000)
    await guarding()
    for (let round = 0; round < ROUNDS; round += 1) {
      const sockets = await Promise.all(Array.from({ length: CLIENTS }, connected))
      // Without TIME_WAIT: the ports are few.
      for (const socket of sockets) socket.resetAndDestroy()
    }
  })

  it('ends no connection of a client with one of its own, however often it makes new ones', async () => {
    fewPorts(21_000)
    let guard = await guarding()
    const watches = await Promise.all(Array.from({ length: CLIENTS }, () => openWatch(VIP.v4, PORT)))
    for (let restart = 0; restart < 8; restart += 1) {
      await guard.kill()
      guard = await guarding()
    }
    // Who has lost its server hears of it with its next words.
    await Promise.all(watches.map(({ socket }) => new Promise((sent) => socket.write(AGAIN, sent))))
    await waitFor('words that have arrived, or a reset', LIMIT_MS, () => !unacknowledged().some((n) => n > 0))
    assert.deepEqual(unacknowledged(), Array(CLIENTS).fill(0))
    for (const { socket } of watches) socket.destroy()
  })

  it('blames no server when all ports are taken, and goes on when there are some again', async () => {
    fewPorts(22_000)
    const takers = await Promise.all(Array.from({ length: PORTS }, (_, n) => taken(22_000 + n)))
    const guard = new GuardProcess([...cluster.flags, '--interval', '1s', '--metrics-address', 'off'])
    await guard.logged('server cannot be probed', LIMIT_MS, ({ detail }) => /EADDRINUSE/.test(String(detail)))
    assert.deepEqual(new Set(membersOf(VIRTUAL.v4)?.values()), new Set([1]))
    for (const taker of takers) taker.close()
    await waitFor('verdicts', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length >= 3)
  })
})

/** Who listens on a port has it for itself. */
async function taken(port: number): Promise<Server> {
  const server = createServer().listen(port)
  await once(server, 'listening')
  return server
}

function connected(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: VIP.v4, port: PORT })
    const late = new Error(`no answer to a SYN in ${CONNECT_MS} ms`)
    const timer = setTimeout(() => socket.destroy(late), CONNECT_MS)
    socket.on('close', () => clearTimeout(timer)).on('error', reject)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

/** For each connection through the virtual IP the bytes that its server has not confirmed yet. */
function unacknowledged(): number[] {
  const table = exec('ss', '-Htn', 'state', 'established', 'dst', VIP.v4)
  return [...table.matchAll(/^\d+ +(\d+) /gm)].map(([, sent]) => Number(sent))
}
