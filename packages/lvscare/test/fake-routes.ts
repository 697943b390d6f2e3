import type { Route, RouteFilter, RouteSpec } from '@lvscare/netlink'
import ipaddr from 'ipaddr.js'
import type { RouteTable } from '../src/path/route.ts'

const MAIN = 254

/** Routes in memory, asked and changed as rtnetlink does it. */
export class FakeRoutes implements RouteTable {
  readonly #routes: Route[] = []
  writes = 0

  constructor(routes: readonly Route[] = []) {
    this.#routes.push(...routes)
  }

  /** What `ip route show table all` would show. */
  all(): readonly Route[] {
    return this.#routes
  }

  /** As Linux without rules of policy routing: one tree for both tables, and for IPv4 it says `main` of both. */
  match(address: string): Route | undefined {
    const covering = this.#routes.filter(({ destination }) => covers(destination, address))
    const best = covering.sort((a, b) => prefix(b) - prefix(a) || b.table - a.table)[0]
    return best?.family === 'inet' ? { ...best, table: MAIN } : best
  }

  /** Those that have all the filter says; here tables are known by their own numbers. */
  routes(filter: RouteFilter): Route[] {
    return this.#routes.filter((one) => hasAll(one, filter))
  }

  replaceRoute(spec: RouteSpec): void {
    this.writes += 1
    const { family = 'inet', table = MAIN, type = 'unicast', scope = 'universe', protocol = 4 } = spec
    const route: Route = { ...spec, family, table, type, scope, protocol }
    const at = this.#routes.findIndex((one) => one.destination === route.destination && one.table === table)
    this.#routes.splice(at < 0 ? this.#routes.length : at, 1, route)
  }

  /** Deletes the first that has all `spec` says. */
  deleteRoute(spec: RouteSpec): boolean {
    this.writes += 1
    const at = this.#routes.findIndex((one) => hasAll(one, { table: MAIN, ...spec }))
    if (at >= 0) this.#routes.splice(at, 1)
    return at >= 0
  }
}

function hasAll(route: Route, said: Partial<Route>): boolean {
  const has = new Map<string, unknown>(Object.entries(route))
  return Object.entries(said).every(([key, value]) => has.get(key) === value)
}

function prefix({ destination }: Route): number {
  return Number(destination.split('/')[1])
}

function covers(destination: string, address: string): boolean {
  const [range, length] = ipaddr.parseCIDR(destination)
  const parsed = ipaddr.parse(address)
  return parsed.kind() === range.kind() && parsed.match(range, length)
}
