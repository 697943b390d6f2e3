import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NoSubsystemError, SockDiag } from '../../src/index.ts'

// Reads the kernel of whatever machine this runs on: no privilege, no change.

let server: Server
let client: Socket
let accepted: Socket
beforeAll(async () => {
  server = createServer((socket) => {
    accepted = socket
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await Promise.all([once(client, 'connect'), once(server, 'connection')])
})
afterAll(() => {
  client.destroy()
  accepted.destroy()
  server.close()
})

/** What the kernel of this machine lists, or undefined, with the reason printed, where it cannot. */
function listed(
  filter: Parameters<SockDiag['tcpSockets']>[0],
): ReturnType<SockDiag['tcpSockets']> | undefined {
  const diag = SockDiag.open()
  try {
    return diag.tcpSockets(filter)
  } catch (error) {
    if (!(error instanceof NoSubsystemError)) throw error
    console.warn(`not compared with the kernel: ${error.message}`)
    return undefined
  } finally {
    diag.close()
  }
}

describe('the kernel of this machine', () => {
  it('lists our connection by its remote port, and our listener by its local port', ({ skip }) => {
    const { port } = server.address() as AddressInfo
    const clients = listed({ remotePort: port, localPort: Number(client.localPort) })
    if (clients === undefined) return skip()
    const here = { address: '127.0.0.1', port }
    const there = { address: '127.0.0.1', port: client.localPort }
    expect(clients).toMatchObject([
      { family: 'inet', state: 'ESTABLISHED', local: there, remote: here, uid: process.geteuid?.() },
    ])
    expect(clients[0]?.cookie).toBeGreaterThan(0n)
    expect(listed({ localPort: port, states: ['LISTEN'] })).toMatchObject([
      { state: 'LISTEN', local: here, remote: { address: '0.0.0.0', port: 0 } },
    ])
    expect(listed({ remotePort: port, states: ['SYN_SENT'] })).toEqual([])
  })
})
