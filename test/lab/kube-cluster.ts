import { ApiServer, PORT } from './apiserver.ts'
import { Authority } from './authority.ts'
import type { KeyPair } from './certificate.ts'
import { VIP } from './cluster.ts'
import { CLUSTER_INFO_PATH, caCertHash, clusterInfo } from './cluster-info.ts'
import { exec } from './exec.ts'
import { type Addresses, type TestHost, TestNetwork } from './hosts.ts'
import { Kubelet } from './kubelet.ts'
import { NodeWorld } from './node-world.ts'

/** The name that stands for the control plane. */
export const ENDPOINT_NAME = 'apiserver.cluster.local'

/** A cluster with an authority: masters that answer as apiservers, and nodes that may join. */
export class KubeCluster {
  readonly network: TestNetwork
  readonly authority: Authority
  readonly servers: readonly ApiServer[]
  readonly #nodes = new Map<string, NodeWorld>()
  readonly #kubelets = new Set<Kubelet>()

  private constructor(network: TestNetwork, authority: Authority, servers: readonly ApiServer[]) {
    this.network = network
    this.authority = authority
    this.servers = servers
  }

  /** Builds the network and starts the masters' apiservers; the others are hosts without anything. */
  static async create(
    masters: readonly string[],
    others: readonly string[],
    addresses?: Addresses,
  ): Promise<KubeCluster> {
    const names = [...masters, ...others]
    const network =
      addresses === undefined ? TestNetwork.create(...names) : TestNetwork.at(addresses, ...names)
    const authority = new Authority()
    const hosts = masters.map((name) => network.host(name))
    const documents = {
      [CLUSTER_INFO_PATH]: clusterInfo(`https://${ENDPOINT_NAME}:${PORT}`, authority.cert),
    }
    const pair = authority.issue({
      names: [...KubeCluster.names(hosts), `IP:${VIP.v4}`, `DNS:${ENDPOINT_NAME}`],
    })
    const servers = hosts.map((host) => new ApiServer(host, pair, { documents }))
    for (const server of servers) await server.start()
    return new KubeCluster(network, authority, servers)
  }

  /** What stands in every apiserver's certificate, whatever else does. */
  static names(hosts: readonly TestHost[]): string[] {
    return [...hosts.map(({ v4 }) => `IP:${v4}`), 'IP:127.0.0.1', 'DNS:kubernetes']
  }

  /** `192.0.2.11:6443` and so on, of these masters or of all. */
  endpoints(...names: readonly string[]): string[] {
    const wanted = this.servers.filter(({ host }) => names.length === 0 || names.includes(host.name))
    return wanted.map(({ endpoint }) => endpoint)
  }

  /** The apiserver on a master. */
  server(name: string): ApiServer {
    const found = this.servers.find(({ host }) => host.name === name)
    if (found === undefined) throw new Error(`the test cluster has no master ${name}`)
    return found
  }

  /** Another certificate of the cluster's authority on every master, for as many days. */
  async present(names: readonly string[], ends?: number): Promise<void> {
    const pair: KeyPair = this.authority.issue({ names, ...(ends === undefined ? {} : { ends }) })
    for (const server of this.servers) await server.present(pair)
  }

  /** `sha256:...` of the authority's key. */
  get caHash(): string {
    return caCertHash(this.authority.cert)
  }

  /** A host as a node, fresh: nothing of what it was before is left. */
  async node(name: string): Promise<NodeWorld> {
    await this.removeNode(name)
    const node = await NodeWorld.create(this.network.host(name))
    this.#nodes.set(name, node)
    return node
  }

  /** A kubelet for a node, which ends with the cluster. */
  kubelet(node: NodeWorld): Kubelet {
    const kubelet = new Kubelet(node)
    this.#kubelets.add(kubelet)
    return kubelet
  }

  /** Ends every kubelet with its pods, and takes every node with its rule away. */
  async removeNodes(): Promise<void> {
    for (const kubelet of this.#kubelets) await kubelet.stop()
    this.#kubelets.clear()
    for (const name of [...this.#nodes.keys()]) await this.removeNode(name)
  }

  /** Takes one node away; its kubelet must have been stopped. */
  async removeNode(name: string): Promise<void> {
    const node = this.#nodes.get(name)
    if (node === undefined) return
    this.#nodes.delete(name)
    node.run('ipvsadm', '-C')
    for (const table of ['local', 'main']) node.outcome(['ip', 'route', 'flush', 'table', table, VIP.v4])
    await node.remove()
  }

  /** Takes everything away. */
  async remove(): Promise<void> {
    await this.removeNodes()
    for (const server of this.servers) await server.close()
    this.network.remove()
    this.authority.close()
    exec('ipvsadm', '-C')
  }
}
