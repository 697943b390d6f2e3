import type { ClientSocket, Released } from './clients.ts'
import type { ClientEdges, SocketTable } from './edges.ts'
import { turn } from './turn.ts'

/** How many are ended before the loop turns: each takes up to a tenth of a millisecond, in which the kernel sends a packet. */
const BATCH = 20

/** Ends the sockets, namespace by namespace; one that cannot be ended does not keep the others. Never rejects. */
export async function releaseAll(
  sockets: readonly ClientSocket[],
  open: ClientEdges['openSockets'],
): Promise<Released> {
  const tally: Tally = { ended: 0, gone: 0, error: undefined }
  for (const namespace of new Set(sockets.map((one) => one.namespace))) {
    const inside = sockets.filter((one) => one.namespace === namespace)
    try {
      const table = await open(namespace)
      if (table === undefined) tally.gone += inside.length
      else await endAll(inside, table, tally)
    } catch (error) {
      tally.error ??= error
    }
  }
  return tally
}

type Tally = { -readonly [Key in keyof Released]: Released[Key] }

async function endAll(sockets: readonly ClientSocket[], table: SocketTable, tally: Tally): Promise<void> {
  try {
    for (let at = 0; at < sockets.length; at += BATCH) {
      for (const { socket } of sockets.slice(at, at + BATCH)) end(socket, table, tally)
      await turn()
    }
  } finally {
    table.close()
  }
}

function end(socket: ClientSocket['socket'], table: SocketTable, tally: Tally): void {
  try {
    if (table.destroy(socket)) tally.ended += 1
    else tally.gone += 1
  } catch (error) {
    tally.error ??= error
  }
}
