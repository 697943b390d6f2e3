import { createServer, type Server } from 'node:net'
import { codeOf, messageOf } from './errors.ts'
import { seatName } from './seat-name.ts'

/** `mine`: this guard has it. `held`: another guard has it. `foreign`: somebody has the name who cannot guard. */
export type SeatState = 'mine' | 'held' | 'foreign'

/**
 * One guard of a virtual server writes, the others stand by: two that judge a server at different moments would undo
 * each other's work for as long.
 *
 * The seat is an abstract Unix socket (unix(7)), so it belongs to the network namespace, as the IPVS table does, and is free the
 * moment its holder dies. Who connects to it is told what the holder knows.
 */
export interface Seat {
  /** Takes it if it is free. Rejects when that cannot be found out, such as without file descriptors. */
  tryToTake(): Promise<SeatState>
  /** Gives it back. */
  close(): Promise<void>
}

/** How long a listener may take, in milliseconds. */
const TELL_MS = 2000

const MAX_LISTENERS = 16

/** The seat of a virtual server, not taken yet; `report` is what its holder tells who asks. */
export function openSeat(
  virtual: string,
  isGuarded: (virtual: string) => boolean,
  report: () => unknown,
): Seat {
  let server: Server | undefined
  return {
    tryToTake: async () => {
      server ??= await take(virtual, report)
      if (server !== undefined) return 'mine'
      return isGuarded(virtual) ? 'held' : 'foreign'
    },
    close: async () => {
      const open = server
      server = undefined
      if (open !== undefined) await new Promise<void>((resolve) => void open.close(() => resolve()))
    },
  }
}

/** `undefined` when somebody else has it. */
function take(virtual: string, report: () => unknown): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.setTimeout(TELL_MS, () => socket.destroy())
      socket.on('error', () => socket.destroy())
      socket.end(answer(report))
    })
    server.maxConnections = MAX_LISTENERS
    server.once('error', (error) => (codeOf(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(`\0${seatName(virtual)}`, () => resolve(server.unref()))
  })
}

/** A report that cannot be made is told as such: it must not end the guard. */
function answer(report: () => unknown): string {
  try {
    return `${JSON.stringify(report())}\n`
  } catch (error) {
    return `${JSON.stringify({ error: messageOf(error) })}\n`
  }
}
