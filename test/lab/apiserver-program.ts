// Plays an apiserver, as a process of its own inside a test host. Told what to do over the IPC channel.
import { setTimeout as delay } from 'node:timers/promises'
import { Answers, type Mode } from './apiserver-answers.ts'
import { isRude } from './apiserver-hostile.ts'
import { type Counters, Listener, type ListenerOptions } from './apiserver-listener.ts'
import type { KeyPair } from './certificate.ts'

/** How long a planned stop takes, as of kube-apiserver on SIGTERM. */
export interface PlannedStop {
  /** Not ready any more, but serving as before (`--shutdown-delay-duration`). */
  readonly delayMs: number
  /** No new connections, but open watches go on. */
  readonly drainMs: number
}

/** What the process is told. */
export type Order =
  | ({
      readonly kind: 'listen'
      readonly name: string
      readonly addresses: readonly string[]
      /** What it answers by path, such as `/version`. */
      readonly documents?: Readonly<Record<string, string>> | undefined
    } & ListenerOptions)
  | { readonly kind: 'mode'; readonly mode: Mode }
  /** Shows another certificate from now on, and ends every connection. */
  | { readonly kind: 'pair'; readonly pair: KeyPair }
  | { readonly kind: 'drop' }
  /** Answered with what it has been asked so far. */
  | { readonly kind: 'counters' }
  /** Answered at once; the process ends when it is done. */
  | ({ readonly kind: 'shutdown' } & PlannedStop)

/** A numbered order, and the answer with its number. */
export type Numbered = { readonly number: number; readonly order: Order }
export type Obeyed = { readonly number: number; readonly counters: Counters }

/** What the last connections get to be ended in order. */
const FAREWELL_MS = 1000

const counters: Counters = { connections: 0, handshakes: 0, requests: 0, pings: 0 }
let answers = new Answers('')
const listeners: Listener[] = []

function drop(): void {
  for (const listener of listeners) listener.drop()
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'listen':
      answers = new Answers(order.name)
      answers.documents = order.documents ?? {}
      await Promise.all(order.addresses.map((address) => listen(order, address)))
      break
    case 'mode':
      answers.mode = order.mode
      // Who is rude to new connections does not go on being polite on the old ones.
      if (isRude(order.mode)) drop()
      break
    case 'pair':
      for (const listener of listeners) listener.present(order.pair)
      drop()
      break
    case 'drop':
      drop()
      break
    case 'counters':
      break
    case 'shutdown':
      answers.isStopping = true
      void shutDown(order)
      break
    default:
      order satisfies never
  }
}

function listen(options: ListenerOptions, address: string): Promise<void> {
  const listener = new Listener(options, answers, counters)
  listeners.push(listener)
  return listener.listen(address)
}

async function shutDown({ delayMs, drainMs }: PlannedStop): Promise<void> {
  await delay(delayMs)
  answers.isLast = true
  for (const listener of listeners) listener.retire()
  await delay(drainMs)
  answers.endAll()
  await Promise.race([Promise.all(listeners.map((listener) => listener.finish())), delay(FAREWELL_MS)])
  process.exit(0)
}

process.on('message', ({ number, order }: Numbered) => {
  obey(order).then(
    () => process.send?.({ number, counters } satisfies Obeyed),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1))
