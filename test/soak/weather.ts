import { connect } from 'node:net'
import { askGuard } from '../../packages/lvscare/src/ask-guard.ts'
import { attempt, openWatch, type Watch } from '../lab/client.ts'
import { VIP, VIRTUAL } from '../lab/cluster.ts'
import type { FaultWorld } from '../lab/fault-world.ts'
import { FAULTS, type Fault } from '../lab/faults.ts'
import type { Random } from '../lab/random.ts'
import { scrape } from '../lab/scrape.ts'

/** What would end or stop the one guard that is watched. */
const ABOUT_THE_GUARD = ['kill guard', 'start guard', 'pause guard', 'resume guard', 'run once']

/** Servers that may answer badly; the first of the cluster never does. */
const MORTAL = ['b', 'c'] as const

const BAD = [
  'hang',
  'unauthorized',
  'status 429',
  'redirect',
  'trickle',
  'huge-headers',
  'endless',
  'cut',
  'bomb',
  'silent',
  'reset-in-tls',
  'garbage',
] as const

/** As many watches as this are open at most: enough to be freed when their server dies. */
const MAX_WATCHES = 8

/** Everything that happens in a bad day, of which a guard must keep nothing. */
export class Weather {
  readonly #world: FaultWorld
  readonly #address: string
  readonly #random: Random
  readonly #watches = new Set<Watch>()
  /** Questions to the guard that were not answered, and the longest time that one took. */
  readonly unanswered: string[] = []
  slowestAnswerMs = 0
  /** How often each thing has happened. */
  readonly counts = new Map<string, number>()
  readonly #events: Readonly<Record<string, Fault>>

  /** `address`: where the guard serves its metrics. */
  constructor(world: FaultWorld, address: string, random: Random) {
    this.#world = world
    this.#address = address
    this.#random = random
    const faults = Object.entries(FAULTS).filter(([name]) => !ABOUT_THE_GUARD.includes(name))
    this.#events = { ...Object.fromEntries(faults), ...this.#more() }
  }

  /** How many things have happened so far. */
  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** One more thing happens. */
  async blow(): Promise<void> {
    const name = this.#random.pick(Object.keys(this.#events))
    // What cannot happen just now is no fault.
    if ((await this.#events[name]?.(this.#world, this.#random)) === false) return
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** Ends the clients that are still connected. */
  close(): void {
    for (const { socket } of this.#watches) socket.destroy()
  }

  #more(): Record<string, Fault> {
    return {
      'answer badly': (world, random) => {
        const server = world.cluster.server(random.pick(MORTAL))
        const mode = random.pick(BAD)
        return world.breakServer(
          server.host.name,
          () => server.behave(mode),
          () => server.behave('ok'),
        )
      },
      // Twice as likely as each way to fall ill, so that servers do not stay ill for most of the time.
      'recover b': (world) => world.healServer('b'),
      'recover c': (world) => world.healServer('c'),
      'drop connections': (world) => world.cluster.server('a').drop(),
      'client connects': () => attempt(VIP.v4, 6443),
      'client watches': () => this.#watch(),
      scrape: () => this.#ask('scrape', () => scrape(this.#address)),
      'scraper leaves': () => this.#halfRequest(),
      'status asked': () => this.#ask('status', () => askGuard(VIRTUAL.v4)),
    }
  }

  /** On a busy machine an answer may take too long, as for any client: that is counted, and no reason to end. */
  async #ask(what: string, ask: () => Promise<unknown>): Promise<void> {
    const start = performance.now()
    const answered = await ask().then(
      (answer) => answer !== undefined,
      () => false,
    )
    this.slowestAnswerMs = Math.max(this.slowestAnswerMs, Math.round(performance.now() - start))
    if (!answered) this.unanswered.push(what)
  }

  async #watch(): Promise<boolean> {
    if (this.#watches.size >= MAX_WATCHES) return false
    const watch = await openWatch(VIP.v4, 6443).catch(() => undefined)
    if (watch === undefined) return false
    this.#watches.add(watch)
    void watch.ended.then(() => this.#watches.delete(watch))
    return true
  }

  /** Asks for metrics and hangs up in the middle of the question. */
  async #halfRequest(): Promise<void> {
    const [host, port] = this.#address.split(':')
    const socket = connect({ host: host ?? '', port: Number(port) })
    await new Promise((resolve) => {
      socket.on('error', resolve)
      socket.on('close', resolve)
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n', () => socket.destroy())
    })
  }
}
