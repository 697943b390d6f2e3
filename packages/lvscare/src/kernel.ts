import { Ipvs } from '@lvscare/ipvs'
import { Nftables, RouteEvents, Rtnetlink } from '@lvscare/netlink'
import { codeOf } from './errors.ts'
import { QuietRoutes } from './path/quiet-routes.ts'

/** The conversations with the kernel that every guard holds. */
export interface Kernel {
  readonly ipvs: Ipvs
  readonly routes: Rtnetlink
  /** The same routes for the pieces, which ask the same on every pass; see {@link QuietRoutes}. */
  readonly quietRoutes: QuietRoutes
}

/** Opens them; throws what the kernel says, such as that it has no IPVS. */
export function openKernel(): Kernel {
  const ipvs = Ipvs.open()
  try {
    const routes = Rtnetlink.open()
    return { ipvs, routes, quietRoutes: new QuietRoutes(routes, () => RouteEvents.open()) }
  } catch (error) {
    ipvs.close()
    throw error
  }
}

/** Closes them. */
export function closeKernel({ ipvs, routes, quietRoutes }: Kernel): void {
  ipvs.close()
  quietRoutes.close()
  routes.close()
}

/** IPVS, or nothing where this kernel has none: then it has no rule of ours either. */
export function openIpvsIfAny(): Ipvs | undefined {
  try {
    return Ipvs.open()
  } catch (error) {
    if (codeOf(error) === 'ERR_IPVS_UNAVAILABLE') return undefined
    throw error
  }
}

/** Whether kube-proxy's table of mode nftables is there; it is no fault that this kernel or our privileges do not tell. */
export function hasKubeProxyTable(): boolean | undefined {
  const tables = Nftables.open()
  try {
    return (['inet', 'inet6'] as const).some((family) => tables.tables(family).includes('kube-proxy'))
  } catch {
    return undefined
  } finally {
    tables.close()
  }
}
