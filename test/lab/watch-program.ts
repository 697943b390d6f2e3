// Opens a long-lived connection from where it is started, and tells how it ended: `watch <address> <port>`.
import { openWatch } from './client.ts'

/** What the program tells: first where it is connected from, then how it ended. */
export type WatchNews = { readonly port: number } | { readonly ended: string }

const [address = '', port = ''] = process.argv.slice(2)
const { socket, ended } = await openWatch(address, Number(port))
tell({ port: socket.localPort ?? 0 })
tell({ ended: await ended })
process.disconnect?.()

function tell(news: WatchNews): void {
  process.send?.(news)
}
