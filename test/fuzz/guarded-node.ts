import { constants } from 'node:os'
import { Ipvs } from '@lvscare/ipvs'
import {
  type Libc,
  Nftables,
  Protocol,
  RouteEvents,
  Rtnetlink,
  SockDiag,
  SyscallError,
} from '@lvscare/netlink'
import { fakeIpvs } from '../../packages/ipvs/test/fake-ipvs.ts'
import { Instruments } from '../../packages/lvscare/src/metrics/instruments.ts'
import { KernelMetrics } from '../../packages/lvscare/src/metrics/kernel-metrics.ts'
import { inspect, type Pass, runPass, undoAll } from '../../packages/lvscare/src/pass.ts'
import { DevicePiece } from '../../packages/lvscare/src/path/device.ts'
import { GatewayRoutePiece } from '../../packages/lvscare/src/path/gateway-route.ts'
import { MasqueradePiece } from '../../packages/lvscare/src/path/masquerade.ts'
import { masqueradeTable } from '../../packages/lvscare/src/path/masquerade-rule.ts'
import { kernelNodeAddress } from '../../packages/lvscare/src/path/node-address.ts'
import { QuietRoutes } from '../../packages/lvscare/src/path/quiet-routes.ts'
import { RoutePiece } from '../../packages/lvscare/src/path/route.ts'
import { ServersPiece } from '../../packages/lvscare/src/path/servers.ts'
import { ServicePiece, serviceKey } from '../../packages/lvscare/src/path/service.ts'
import type { Piece } from '../../packages/lvscare/src/path/step.ts'
import { FakeNft } from '../../packages/netlink/test/nft/fake-nft.ts'
import { FakeSockets } from '../../packages/netlink/test/sockdiag/fake-sockets.ts'
import { CLIENT, MAPPED } from '../../packages/netlink/test/sockdiag/sockets.ts'
import type { Random } from '../lab/random.ts'
import { isDeclared } from './errors.ts'
import { FakeRtnl } from './fake-rtnl.ts'
import { Liar, type LiarOptions } from './liar.ts'
import { manyKernels } from './many.ts'
import { SERVERS, VIRTUAL_SERVER } from './world.ts'

/** How the virtual IP is reached. */
export type Mode = 'local' | 'route' | 'link'

const FOREIGN = { protocol: 'tcp', address: '10.96.0.1', port: 443 } as const
const FOREIGN_TABLE = { ...masqueradeTable(VIRTUAL_SERVER, undefined), name: 'foreign' }
const DEVICE = 'lvscare'

/** A node with what is ours and what belongs to others, and all that a guard does with a kernel which may lie. */
export class GuardedNode {
  readonly liar: Liar
  readonly pieces: readonly Piece[]
  readonly #weights: () => ReadonlyMap<string, number>
  readonly #ipvsd = fakeIpvs()
  readonly #rtnl = new FakeRtnl()
  readonly #nft = new FakeNft()
  readonly #ipvs: Ipvs
  readonly #routes: Rtnetlink
  readonly #quiet: QuietRoutes
  readonly #tables: Nftables
  readonly #libc: Libc
  readonly #metrics: KernelMetrics
  #nowMs = 0

  constructor(mode: Mode, weights: () => ReadonlyMap<string, number>, options: LiarOptions) {
    this.#weights = weights
    const kernels = new Map([
      [Protocol.GENERIC, this.#ipvsd.libc],
      [Protocol.ROUTE, this.#rtnl.libc],
      [Protocol.NETFILTER, this.#nft.libc],
      [Protocol.SOCK_DIAG, new FakeSockets([CLIENT, MAPPED]).libc],
    ])
    const missing = (): never => {
      throw new SyscallError('socket', constants.errno.EBADF)
    }
    this.liar = new Liar(manyKernels(kernels, missing), options)
    this.liar.lying = false
    const { libc } = this.liar
    this.#libc = libc
    this.#ipvs = Ipvs.open({ libc })
    this.#routes = Rtnetlink.open({ libc })
    this.#quiet = new QuietRoutes(
      this.#routes,
      () => RouteEvents.open({ libc }),
      () => this.#nowMs,
    )
    this.#tables = Nftables.open({ libc })
    this.pieces = this.#build(mode)
    this.#metrics = new KernelMetrics(
      new Instruments(),
      SERVERS.map(({ text }) => text),
    )
    this.#addForeign()
  }

  /** One pass, half a second after the last. */
  pass(): Pass {
    this.#nowMs += 500
    return runPass(this.pieces)
  }

  /** A look without a change, as of a guard that stands by. */
  look(): Pass {
    this.#nowMs += 500
    return inspect(this.pieces)
  }

  /** Takes everything back. */
  clean(): Pass {
    return undoAll(this.pieces)
  }

  /** The members as a scrape reads them. */
  read(): ReturnType<Ipvs['destinations']> {
    return this.#ipvs.destinations(serviceKey(VIRTUAL_SERVER))
  }

  /** Forgets what the fakes have noted of every request: they would grow, and not the guard. */
  forget(): void {
    this.#ipvsd.seen.length = 0
    this.#nft.log.length = 0
  }

  /** Somebody else breaks something of ours. */
  damage(random: Random): void {
    const key = serviceKey(VIRTUAL_SERVER)
    const isOurs = (name: string): boolean => name.includes(VIRTUAL_SERVER.address)
    const { address, port } = random.pick(SERVERS)
    const stranger = { address: '192.0.2.77', port }
    try {
      random.pick([
        () => this.#ipvs.deleteService(key),
        () => this.#ipvs.setService({ ...key, scheduler: 'wlc' }),
        () => this.#ipvs.deleteDestination(key, { address, port }),
        () => this.#ipvs.setDestination(key, { address, port, weight: 7 }),
        () => this.#ipvs.addDestination(key, stranger),
        () => deleteWhere(this.#rtnl.routes, isOurs),
        () => deleteWhere(this.#rtnl.addresses, isOurs),
        () => void this.#tables.deleteTable('inet', masqueradeTable(VIRTUAL_SERVER, undefined).name),
      ])()
    } catch (error) {
      // It was broken already.
      if (!isDeclared(error)) throw error
    }
  }

  /** What else a guard reads: members for metrics, clients, and the table for `status`. */
  readOthers(): void {
    this.#metrics.update(() => this.#ipvs.destinations(serviceKey(VIRTUAL_SERVER)))
    for (const service of this.#ipvs.services()) void service.stats
    this.#ipvs.info()
    this.#ipvs.timeouts()
    this.#tables.tables('inet')
    this.#routes.links()
    const sockets = SockDiag.open({ libc: this.#libc })
    try {
      for (const socket of sockets.tcpSockets({ remotePort: 6443 })) sockets.destroy(socket)
    } finally {
      sockets.close()
    }
  }

  /** Opens the conversation about IPVS once more, as a guard that starts. */
  openAgain(): void {
    Ipvs.open({ libc: this.#libc }).close()
  }

  /** All that belongs to others, as one text to compare. */
  foreign(): string {
    const service = this.#serviceText(FOREIGN.address, FOREIGN.port)
    const links = [...this.#rtnl.links.values()].filter(({ name }) => name !== DEVICE)
    const addresses = [...this.#rtnl.addresses].filter((key) => !key.includes(VIRTUAL_SERVER.address))
    const routes = [...this.#rtnl.routes.keys()].filter((key) => !key.includes(VIRTUAL_SERVER.address))
    const tables = [...this.#nft.tables.keys()].filter((key) => !key.includes(VIRTUAL_SERVER.address))
    return JSON.stringify([service, this.#ipvsd.table.timeouts, links, addresses, routes, tables])
  }

  /** Our service, its members and the way to it, as the kernel really has them; counters and the numbers of links left out. */
  own(): string {
    const isOurs = (key: string): boolean => key.includes(VIRTUAL_SERVER.address)
    const routes = [...this.#rtnl.routes].filter(([key]) => isOurs(key)).map(([key, one]) => [key, hex(one)])
    const devices = [...this.#rtnl.links.values()].filter(({ name }) => name === DEVICE)
    const addresses = [...this.#rtnl.addresses].filter(isOurs).map((key) => this.#onLink(key))
    const tables = [...this.#nft.tables.keys()].filter(isOurs)
    const service = this.#serviceText(VIRTUAL_SERVER.address, VIRTUAL_SERVER.port)
    return JSON.stringify([service, routes, devices, addresses, tables])
  }

  #onLink(key: string): string {
    const [index, address] = key.split(' ')
    return `${this.#rtnl.links.get(Number(index))?.name} ${address}`
  }

  /** Weights by the hex of address and port, from the kernel's own table; `undefined` without the service. */
  members(): ReadonlyMap<string, number> | undefined {
    const service = this.#service(VIRTUAL_SERVER.address, VIRTUAL_SERVER.port)
    if (service === undefined) return undefined
    return new Map(
      service.destinations.map(({ attributes }) => [
        `${hex(attributes.get(1)).slice(0, 8)}:${hex(attributes.get(2))}`,
        Buffer.from(attributes.get(4) ?? []).readUInt32LE(),
      ]),
    )
  }

  #addForeign(): void {
    this.#ipvs.addService({ ...FOREIGN, scheduler: 'rr' })
    this.#ipvs.addDestination(FOREIGN, { address: '10.244.0.9', port: 6443 })
    this.#tables.replaceTable(FOREIGN_TABLE)
  }

  #build(mode: Mode): Piece[] {
    const node = kernelNodeAddress(this.#quiet, SERVERS)
    const ways = {
      local: new RoutePiece(this.#quiet, VIRTUAL_SERVER, node),
      route: new GatewayRoutePiece(this.#quiet, VIRTUAL_SERVER, () => ({ address: node(), link: undefined })),
      link: new DevicePiece(this.#quiet, VIRTUAL_SERVER, DEVICE),
    }
    return [
      ways[mode],
      new MasqueradePiece(() => this.#tables, VIRTUAL_SERVER, mode === 'link' ? () => undefined : node),
      new ServicePiece(this.#ipvs, VIRTUAL_SERVER, 'rr'),
      new ServersPiece(this.#ipvs, VIRTUAL_SERVER, () => ({ servers: SERVERS, weights: this.#weights() })),
    ]
  }

  #service(address: string, port: number) {
    const wanted = [
      Buffer.from(address.split('.').map(Number)).toString('hex'),
      port.toString(16).padStart(4, '0'),
    ]
    return this.#ipvsd.table.services.find(
      ({ attributes }) =>
        hex(attributes.get(3)).slice(0, 8) === wanted[0] && hex(attributes.get(4)) === wanted[1],
    )
  }

  #serviceText(address: string, port: number): string | undefined {
    const service = this.#service(address, port)
    if (service === undefined) return undefined
    const text = (attributes: ReadonlyMap<number, Uint8Array>): string[] =>
      [...attributes].map(([type, bytes]) => `${type}=${hex(bytes)}`)
    return JSON.stringify([
      text(service.attributes),
      service.destinations.map(({ attributes }) => text(attributes)).sort(),
    ])
  }
}

function deleteWhere(things: Map<string, unknown> | Set<string>, matches: (key: string) => boolean): void {
  for (const key of [...things.keys()]) if (matches(key)) things.delete(key)
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}
