// Plays an apiserver, as a process of its own inside a test host. Told what to do over the IPC channel.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import { createServer as createTcp, type Socket } from 'node:net'
import {
  answerHostile,
  type HostileMode,
  isHostile,
  isRude,
  type RudeMode,
  treatRudely,
} from './apiserver-hostile.ts'
import type { KeyPair } from './certificate.ts'

/**
 * How health checks are answered: `ok`, `sick` with 500, `status N` with that one, `unauthorized` with 401; `hang` accepts
 * and says nothing. The hostile ones answer, the rude ones do not even shake hands.
 */
export type Mode = 'ok' | 'sick' | 'hang' | 'unauthorized' | `status ${number}` | HostileMode | RudeMode

/** What the process is told. */
export type Order =
  | {
      readonly kind: 'listen'
      readonly name: string
      readonly addresses: readonly string[]
      readonly port: number
      readonly pair: KeyPair
      /** Only who has a certificate of this authority is let in. */
      readonly clientAuthority: string | undefined
    }
  | { readonly kind: 'mode'; readonly mode: Mode }
  /** Shows another certificate from now on, and ends every connection. */
  | { readonly kind: 'pair'; readonly pair: KeyPair }
  | { readonly kind: 'drop' }

type ListenOrder = Order & { kind: 'listen' }

let mode: Mode = 'ok'
const servers: HttpsServer[] = []
const open = new Set<Socket>()

function answer(name: string, request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/name') response.end(name)
  // An open answer, as a watch is.
  else if (request.url === '/watch') response.writeHead(200).write('started\n')
  else if (mode === 'ok') response.end('ok')
  else if (mode === 'sick') response.writeHead(500).end('[-]etcd failed: reason withheld')
  else if (mode === 'unauthorized') response.writeHead(401).end('Unauthorized')
  else if (mode.startsWith('status ')) response.writeHead(Number(mode.slice(7))).end()
  else if (isHostile(mode)) answerHostile(mode, response)
}

function start(order: ListenOrder, address: string): Promise<void> {
  const { clientAuthority: ca } = order
  const asked = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const server = createHttps({ ...order.pair, ...asked }, (request, response) =>
    answer(order.name, request, response),
  )
  // An apiserver keeps idle connections for minutes, not for Node's five seconds.
  server.keepAliveTimeout = 180_000
  servers.push(server)
  const listener = createTcp((socket) => {
    open.add(socket)
    socket.on('error', () => undefined).on('close', () => open.delete(socket))
    if (isRude(mode)) treatRudely(mode, socket)
    else server.emit('connection', socket)
  })
  return new Promise((resolve, reject) => {
    listener.on('error', reject)
    listener.listen(order.port, address, resolve)
  })
}

function drop(): void {
  for (const socket of open) socket.destroy()
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'listen':
      await Promise.all(order.addresses.map((address) => start(order, address)))
      break
    case 'mode':
      mode = order.mode
      // Who is rude to new connections does not go on being polite on the old ones.
      if (isRude(mode)) drop()
      break
    case 'pair':
      for (const server of servers) server.setSecureContext(order.pair)
      drop()
      break
    case 'drop':
      drop()
      break
    default:
      order satisfies never
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    () => process.send?.({ done: true }),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
