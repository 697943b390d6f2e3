// Three healthy servers on loopback, which count what they are asked; as a process of its own.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { selfSigned } from '../lab/certificate.ts'

const pair = selfSigned(['127.0.0.1'])
let requests = 0
let handshakes = 0

const ports = await Promise.all(
  [1, 2, 3].map(
    () =>
      new Promise<number>((resolve) => {
        const server = createServer(pair, (_request, response) => {
          requests += 1
          response.end('ok')
        })
        server.on('secureConnection', () => {
          handshakes += 1
        })
        server.keepAliveTimeout = 180_000
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
      }),
  ),
)
process.on('message', () => process.send?.({ requests, handshakes }))
process.on('disconnect', () => process.exit(0))
process.send?.({ ports })
