// Plays an apiserver, as a process of its own inside a test host. Told what to do over the IPC channel.
import { createServer, type Server } from 'node:https'
import type { KeyPair } from './certificate.ts'

/** `ok` answers, `sick` answers 500, `hang` accepts and says nothing, `unauthorized` refuses anonymous probes. */
export type Mode = 'ok' | 'sick' | 'hang' | 'unauthorized'

/** What the process is told. */
export type Order =
  | {
      readonly kind: 'listen'
      readonly name: string
      readonly addresses: readonly string[]
      readonly port: number
      readonly pair: KeyPair
    }
  | { readonly kind: 'mode'; readonly mode: Mode }

let mode: Mode = 'ok'

function start(order: Order & { kind: 'listen' }, address: string): Promise<Server> {
  const server = createServer(order.pair, (request, response) => {
    if (request.url === '/name') return void response.end(order.name)
    // An open answer, as a watch is.
    if (request.url === '/watch') return void response.writeHead(200).write('started\n')
    if (mode === 'ok') response.end('ok')
    else if (mode === 'sick') response.writeHead(500).end('[-]etcd failed: reason withheld')
    else if (mode === 'unauthorized') response.writeHead(401).end('Unauthorized')
  })
  // An apiserver keeps idle connections for minutes, not for Node's five seconds.
  server.keepAliveTimeout = 180_000
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(order.port, address, () => resolve(server))
  })
}

process.on('message', (order: Order) => {
  if (order.kind === 'mode') {
    mode = order.mode
    process.send?.({ done: true })
    return
  }
  Promise.all(order.addresses.map((address) => start(order, address))).then(
    () => process.send?.({ done: true }),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
