import type { Ipvs } from '@lvscare/ipvs'
import { Nftables, type Rtnetlink } from '@lvscare/netlink'
import type { RuleConfig } from '../config.ts'
import type { Kernel } from '../kernel.ts'
import { moduleState } from '../module-state.ts'
import { DevicePiece } from './device.ts'
import { GatewayRoutePiece } from './gateway-route.ts'
import { MasqueradePiece } from './masquerade.ts'
import { kernelModules, ModulesPiece, VS_SETTINGS } from './modules.ts'
import { kernelNodeAddress, nodeAddressOf } from './node-address.ts'
import type { PathTable } from './quiet-routes.ts'
import { RoutePiece } from './route.ts'
import { ServersPiece, type Wanted } from './servers.ts'
import { ServicePiece } from './service.ts'
import { type Setting, SettingFile } from './setting-file.ts'
import type { Piece } from './step.ts'
import { SysctlsPiece, wantedSettings } from './sysctls.ts'

/** The pieces of the path in the mode that was chosen, in the order in which they are applied. */
export function buildPieces(
  config: RuleConfig,
  kernel: Pick<Kernel, 'ipvs' | 'quietRoutes'>,
  weights: () => Wanted['weights'],
): Piece[] {
  const { virtual, servers, scheduler, masquerade } = config
  return [
    ...modulesAndSettings(kernel.ipvs, masquerade),
    ...wayPieces(config, kernel.quietRoutes),
    new ServicePiece(kernel.ipvs, virtual, scheduler),
    new ServersPiece(kernel.ipvs, virtual, () => ({ servers, weights: weights() })),
  ]
}

/** The first setting is read once in a pass, for both: it is there exactly while the module is. */
function modulesAndSettings(ipvs: Ipvs, masquerade: boolean): Piece[] {
  const first = new SettingFile(`${VS_SETTINGS}/expire_nodest_conn`)
  const open = (path: string): Setting =>
    path === first.path
      ? { read: () => first.last, write: (value) => first.write(value) }
      : new SettingFile(path)
  return [new ModulesPiece(kernelModules(ipvs, first)), new SysctlsPiece(wantedSettings(masquerade, open))]
}

/** What other modes may have left behind: a rule has one way to it. */
export function leftoverPieces(config: RuleConfig, routes: Rtnetlink): Piece[] {
  const { mode, masquerade } = config
  const stale = everyWay(config, routes).filter(({ of }) => of !== mode)
  return [
    ...stale.map(({ piece }) => piece),
    // Asking would make the kernel load nf_tables, for nothing on a node that has never used it.
    ...(!masquerade && moduleState('nf_tables') === 'loaded'
      ? [masqueradePiece(config, () => undefined)]
      : []),
  ]
}

/** Everything that a guard of this virtual server may have made, in whatever mode. */
export function piecesToClean(config: RuleConfig, routes: Rtnetlink, ipvs: Ipvs | undefined): Piece[] {
  return [
    ...everyWay(config, routes).map(({ piece }) => piece),
    masqueradePiece(config, () => undefined),
    ...(ipvs === undefined ? [] : [new ServicePiece(ipvs, config.virtual, config.scheduler)]),
  ]
}

/** The pieces of the way to the virtual IP. */
function wayPieces(config: RuleConfig, routes: PathTable): Piece[] {
  const { mode, masquerade } = config
  const node = nodeAddressOf(config, routes)
  const way = everyWay(config, routes, node).filter(({ of }) => of === mode)
  // In mode link the node's own connections have the virtual IP as their source: they need it most of all.
  const spared = mode === 'link' ? () => undefined : node
  return [...way.map(({ piece }) => piece), ...(masquerade ? [masqueradePiece(config, spared)] : [])]
}

function everyWay(
  { virtual, iface, servers }: RuleConfig,
  routes: PathTable,
  node: () => string = kernelNodeAddress(routes, servers),
): { readonly of: RuleConfig['mode']; readonly piece: Piece }[] {
  const nodeAndLink = (): { address: string; link: number | undefined } => {
    const address = node()
    return { address, link: virtual.family === 'inet6' ? linkOf(address, routes) : undefined }
  }
  return [
    { of: 'local', piece: new RoutePiece(routes, virtual, node) },
    { of: 'route', piece: new GatewayRoutePiece(routes, virtual, nodeAndLink) },
    { of: 'link', piece: new DevicePiece(routes, virtual, iface) },
  ]
}

/** `lo` has index 1; some kernels keep the local routes of all links there. */
const LOOPBACK = 1

/** The link that has an address: asked of its route, for a node with many pods has thousands of addresses. */
function linkOf(address: string, routes: PathTable): number | undefined {
  const link = routes.match(address)?.outputLink
  if (link !== undefined && link !== LOOPBACK) return link
  return routes.addresses({ family: 'inet6' }).find((one) => one.address === address)?.linkIndex
}

function masqueradePiece({ virtual }: RuleConfig, spared: () => string | undefined): MasqueradePiece {
  return new MasqueradePiece(() => Nftables.open(), virtual, spared)
}
