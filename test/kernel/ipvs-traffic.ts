import { after, before } from 'node:test'
import { formatEndpoint, formatService, type ServiceKey, type Stats } from '@lvscare/ipvs'
import { ECHO_PORT, EchoServer } from '../lab/echo.ts'
import { exec } from '../lab/exec.ts'
import { NODE, TestNetwork } from '../lab/hosts.ts'
import { shownTable } from '../lab/ipvsadm.ts'

export const VIP = { v4: '10.103.97.2', v6: 'fd00:103:97::2' } as const

/** Two hosts with an echo server each. */
export interface EchoNetwork {
  readonly servers: readonly EchoServer[]
}

/** Inside a `describe`: makes the network with the virtual IPs for all its tests. */
export function echoNetwork(): EchoNetwork {
  const servers: EchoServer[] = []
  let network: TestNetwork | undefined
  before(async () => {
    network = TestNetwork.create('a', 'b')
    for (const family of ['v4', 'v6'] as const) {
      exec('ip', 'route', 'replace', 'local', VIP[family], 'dev', 'lo', 'table', 'local', 'src', NODE[family])
    }
    for (const host of network.hosts) servers.push(await EchoServer.start(host))
  })
  after(async () => {
    for (const server of servers) await server.close()
    for (const vip of [VIP.v4, VIP.v6]) exec('ip', 'route', 'flush', 'table', 'local', vip)
    network?.remove()
  })
  return { servers }
}

/** Both servers as destinations. */
export function members(network: EchoNetwork, family: 'v4' | 'v6'): Array<{ address: string; port: number }> {
  return network.servers.map(({ host }) => ({ address: host[family], port: ECHO_PORT }))
}

/** Five columns of `ipvsadm -Ln --stats --exact` or `--rate`, by the first: `TCP 10.1.2.3:80` or `10.1.2.3:80 > a:80`. */
export function columnsOf(option: readonly string[]): Map<string, bigint[]> {
  const rows = new Map<string, bigint[]>()
  let service = ''
  for (const line of shownTable(...option).split('\n')) {
    const match = /^(.*?) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) *$/.exec(line)
    if (match === null) continue
    const [, name = '', ...numbers] = match
    const words = name.trim().split(/\s+/)
    if (words[0] !== '->') service = words.join(' ')
    rows.set(words[0] === '->' ? `${service} > ${words[1]}` : service, numbers.map(BigInt))
  }
  return rows
}

/** The name of a row as {@link columnsOf} gives it. */
export function rowName(key: ServiceKey, destination?: { address: string; port: number }): string {
  const service = formatService(key).replace(' inet6', ' IPv6').replace(' inet', '')
  return destination === undefined ? service : `${service} > ${formatEndpoint(destination)}`
}

/** What `--stats` shows. */
export function counters(stats: Stats): bigint[] {
  return [stats.connections, stats.inPackets, stats.outPackets, stats.inBytes, stats.outBytes]
}

/** What `--rate` shows. */
export function rates(stats: Stats): bigint[] {
  const { connectionRate, inPacketRate, outPacketRate, inByteRate, outByteRate } = stats
  return [connectionRate, inPacketRate, outPacketRate, inByteRate, outByteRate]
}
