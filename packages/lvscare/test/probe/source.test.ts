import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sourceBeside } from '../../src/probe/source.ts'

/** Ports of one sort: a kernel that mixed them would be found out but once in 2^32 runs. */
const CONNECTIONS = 32

describe('sourceBeside', () => {
  it.each([
    ['192.0.2.11', { localAddress: '0.0.0.0' }],
    ['2001:db8::b', { localAddress: '::' }],
    ['::ffff:192.0.2.11', { localAddress: '::' }],
    ['apiserver.cluster.local', {}],
  ])('takes the family of %s', (address, source) => {
    expect(sourceBeside(address)).toEqual(source)
  })

  describe.each(['127.0.0.1', '::1'])('to a server on %s', (host) => {
    let server: Server
    beforeEach(async () => {
      // The clients leave with a reset.
      server = createServer((socket) => socket.on('error', () => undefined)).listen(0, host)
      await once(server, 'listening')
    })
    afterEach(() => void server.close())

    it('gives ports that no client has which only connects', async () => {
      const { port } = server.address() as AddressInfo
      const parities = async (source: object): Promise<Set<number>> => {
        const found = new Set<number>()
        for (let n = 0; n < CONNECTIONS; n += 1) {
          const socket = connect({ host, port, ...source })
          await once(socket, 'connect')
          found.add((socket.localPort ?? Number.NaN) % 2)
          // No TIME_WAIT, which would use the ports of this machine up.
          socket.resetAndDestroy()
        }
        return found
      }
      const clients = await parities({})
      const beside = await parities(sourceBeside(host))
      expect([clients.size, beside.size]).toEqual([1, 1])
      expect(beside).not.toEqual(clients)
    })
  })
})
