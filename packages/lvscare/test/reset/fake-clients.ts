import type { TcpSocket } from '@lvscare/netlink'
import type { ClientSocket, Clients, Released } from '../../src/clients/clients.ts'

let cookies = 0n

/** A socket of this node that is connected to a server. */
export function clientOf(server: string): ClientSocket {
  cookies += 1n
  const end = { address: '192.0.2.1', port: 40_000 + Number(cookies) }
  const socket: TcpSocket = {
    family: 'inet',
    state: 'ESTABLISHED',
    local: end,
    remote: { address: '10.103.97.2', port: 6443 },
    cookie: cookies,
    uid: 0,
    inode: 1,
  }
  return { server, socket, namespace: undefined }
}

/** Connections in memory; a test may hold the answer back. */
export class FakeClients implements Clients {
  open: ClientSocket[] = []
  readonly ended: ClientSocket[] = []
  error: unknown
  /** The table is read only when this resolves. */
  gate: Promise<void> = Promise.resolve()

  async mappedTo(servers: ReadonlySet<string>): Promise<ClientSocket[]> {
    const found = this.open.filter(({ server }) => servers.has(server))
    await this.gate
    return found
  }

  async release(sockets: readonly ClientSocket[]): Promise<Released> {
    if (this.error !== undefined) return { ended: 0, gone: 0, error: this.error }
    const mine = sockets.filter((one) => this.open.includes(one))
    this.open = this.open.filter((one) => !mine.includes(one))
    this.ended.push(...mine)
    return { ended: mine.length, gone: sockets.length - mine.length, error: undefined }
  }

  /** Whose connections have been ended, each once. */
  get endedOf(): string[] {
    return [...new Set(this.ended.map(({ server }) => server))].sort()
  }
}
