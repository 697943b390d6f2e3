import type { Socket } from 'node:net'
import { fdOf } from '../probe/fd.ts'
import { type Clock, monotonic } from '../time.ts'
import { Pace } from './pace.ts'
import { isOwn, peerOf } from './peer.ts'
import { Seats } from './seats.ts'

/** A whole connection, from its first packet to its last, may take so long, in milliseconds. */
export const CONNECTION_MS = 5000

/** Seats for connections of this node, and as many for those of everybody else. */
export const SEATS = 16

/** So many connections of other nodes are taken up at once, and then so many a second: a TLS handshake is not cheap. */
const PACE = { burst: SEATS, perSecond: 50 } as const

/** Options of a {@link Door}; what may be left out is for tests. */
export interface DoorOptions {
  /** Takes up a connection. */
  readonly take: (socket: Socket) => void
  /** Gives up a connection when what was sent on it is not acknowledged within this many milliseconds; may throw. */
  readonly limitSilence?: (fd: number, ms: number) => void
  readonly connectionMs?: number
  readonly clock?: Clock
}

/**
 * Where connections come in: what it lets through is bounded in number, in time and in pace, whoever is outside.
 *
 * This node has seats of its own, so that nobody else keeps kubelet's probes out: it would end the guard.
 */
export class Door {
  readonly #options: DoorOptions
  readonly #clock: Clock
  readonly #own = new Seats<Socket>(SEATS)
  readonly #others = new Seats<Socket>(SEATS)
  readonly #pace: Pace
  readonly #open = new Set<Socket>()
  /** Others that are seated and not taken up yet, in the order in which they came. Nothing is read of them. */
  readonly #waiting = new Set<Socket>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: DoorOptions) {
    this.#options = options
    this.#clock = options.clock ?? monotonic
    this.#pace = new Pace(PACE.burst, PACE.perSecond, this.#clock())
  }

  /** Takes a new connection, which is paused. */
  enter(socket: Socket): void {
    const own = isOwn(socket)
    const { out, leave } = (own ? this.#own : this.#others).sit(socket, peerOf(socket))
    const timer = setTimeout(() => socket.destroy(), this.#options.connectionMs ?? CONNECTION_MS)
    this.#open.add(socket)
    this.#limitSilence(socket)
    socket
      // Whatever is wrong with it, it ends.
      .on('error', () => undefined)
      .once('close', () => {
        clearTimeout(timer)
        this.#open.delete(socket)
        this.#waiting.delete(socket)
        leave()
      })
    out?.destroy()
    if (out === socket) return
    if (own) this.#options.take(socket)
    else this.#queue(socket)
  }

  /** Ends every connection. */
  close(): void {
    clearTimeout(this.#timer)
    for (const socket of this.#open) socket.destroy()
  }

  /** What has been given up here the kernel would go on sending for minutes, to a client that does not read. */
  #limitSilence(socket: Socket): void {
    const { limitSilence, connectionMs = CONNECTION_MS } = this.#options
    const fd = fdOf(socket)
    if (fd === undefined) return
    try {
      limitSilence?.(fd, connectionMs)
    } catch {
      // It is over already, or the kernel keeps it a little longer.
    }
  }

  #queue(socket: Socket): void {
    this.#waiting.add(socket)
    if (this.#timer === undefined) this.#takeWaiting()
  }

  #takeWaiting(): void {
    this.#timer = undefined
    for (const socket of this.#waiting) {
      if (socket.destroyed) continue
      const waitMs = this.#pace.take(this.#clock())
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#takeWaiting(), waitMs)
        return
      }
      this.#waiting.delete(socket)
      this.#options.take(socket)
    }
  }
}
