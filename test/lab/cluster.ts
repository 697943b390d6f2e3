import { ApiServer, type ApiServerOptions, PORT } from './apiserver.ts'
import { type KeyPair, selfSigned } from './certificate.ts'
import { exec } from './exec.ts'
import { TestNetwork } from './hosts.ts'

/** The virtual IPs that the tests guard. */
export const VIP = { v4: '10.103.97.2', v6: 'fd00:103:97::2' } as const

/** The virtual services that the tests guard. */
export const VIRTUAL = { v4: `${VIP.v4}:${PORT}`, v6: `[${VIP.v6}]:${PORT}` } as const

/** Three hosts with an apiserver each, beside this node. */
export class TestCluster {
  readonly network: TestNetwork
  readonly servers: readonly ApiServer[]
  /** What every server shows, and the authority for it too: it is signed by itself. */
  readonly certificate: KeyPair

  private constructor(network: TestNetwork, servers: readonly ApiServer[], certificate: KeyPair) {
    this.network = network
    this.servers = servers
    this.certificate = certificate
  }

  /** Builds the network and starts every apiserver. */
  static create(...names: string[]): Promise<TestCluster> {
    return TestCluster.createWith({}, ...names)
  }

  /** The same with apiservers of some sort. */
  static async createWith(options: ApiServerOptions, ...names: string[]): Promise<TestCluster> {
    const network = TestNetwork.create(...names)
    const addresses = network.hosts.flatMap(({ v4, v6 }) => [v4, v6])
    const pair = selfSigned([...addresses, VIP.v4, VIP.v6])
    const servers = network.hosts.map((host) => new ApiServer(host, pair, options))
    // One after the other: on two emulated cores starting all at once is slower.
    try {
      for (const server of servers) await server.start()
    } catch (error) {
      // Who comes after needs the same names.
      network.remove()
      throw error
    }
    return new TestCluster(network, servers, pair)
  }

  /** The apiserver on a host. */
  server(name: string): ApiServer {
    const found = this.servers.find(({ host }) => host.name === name)
    if (found === undefined) throw new Error(`the test cluster has no server ${name}`)
    return found
  }

  /** `--vs` and `--rs` for every server, IPv4. */
  get flags(): string[] {
    return ['--vs', VIRTUAL.v4, ...this.servers.flatMap(({ endpoint }) => ['--rs', endpoint])]
  }

  /** `--vs` and `--rs` for every server, IPv6. */
  get flags6(): string[] {
    return ['--vs', VIRTUAL.v6, ...this.servers.flatMap(({ endpoint6 }) => ['--rs', endpoint6])]
  }

  /** Stops everything and takes it away, with every rule in the table. */
  async remove(): Promise<void> {
    for (const server of this.servers) await server.close()
    this.network.remove()
    exec('ipvsadm', '-C')
  }
}
