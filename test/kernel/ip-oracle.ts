import { execFileSync } from 'node:child_process'
import type { AddressFamily, LinkAddress, Route } from '@lvscare/netlink'

/** One object of `ip -json`, which leaves out what does not apply. */
export type IpObject = Readonly<Record<string, unknown>>

/** What `ip -json -details` says, an independent reader of the same kernel. */
export function ip(...args: readonly string[]): IpObject[] {
  const text = execFileSync('ip', ['-json', '-details', ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  return text.trim() === '' ? [] : JSON.parse(text)
}

/** Runs `ip` for a change. */
export function ipDo(line: string): void {
  execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** The routes of one table as `ip route show` tells them, in our words. */
export function ipRoutes(family: AddressFamily, table: number): Route[] {
  const version = family === 'inet' ? '-4' : '-6'
  const links = new Map(ip('link').map((link) => [link['ifname'], Number(link['ifindex'])]))
  return ip(version, 'route', 'show', 'table', String(table)).map((route) => ({
    family,
    destination: destinationOf(String(route['dst']), family),
    table,
    type: route['type'] as Route['type'],
    scope: route['scope'] === 'global' ? 'universe' : (route['scope'] as Route['scope']),
    protocol: protocolOf(String(route['protocol'])),
    ...(route['prefsrc'] === undefined ? {} : { preferredSource: String(route['prefsrc']) }),
    ...(route['gateway'] === undefined ? {} : { gateway: String(route['gateway']) }),
    ...(route['metric'] === undefined ? {} : { metric: Number(route['metric']) }),
    ...(route['dev'] === undefined ? {} : { outputLink: Number(links.get(route['dev'])) }),
  }))
}

/** The addresses of this host as `ip address show` tells them, in our words and without their flags. */
export function ipAddresses(): Array<Omit<LinkAddress, 'flags'>> {
  return ip('address').flatMap((link) =>
    (link['addr_info'] as IpObject[]).map((address) => ({
      family: address['family'] as AddressFamily,
      linkIndex: Number(link['ifindex']),
      address: String(address['local']),
      prefixLength: Number(address['prefixlen']),
      scope:
        address['scope'] === 'global' ? ('universe' as const) : (address['scope'] as LinkAddress['scope']),
      ...(address['address'] === undefined ? {} : { peer: String(address['address']) }),
    })),
  )
}

function destinationOf(text: string, family: AddressFamily): string {
  if (text === 'default') return family === 'inet' ? '0.0.0.0/0' : '::/0'
  if (text.includes('/')) return text
  return `${text}/${family === 'inet' ? 32 : 128}`
}

/** `ip` prints the names of /etc/iproute2/rt_protos. */
function protocolOf(text: string): number {
  const names = ['unspec', 'redirect', 'kernel', 'boot', 'static']
  const number = names.includes(text) ? names.indexOf(text) : Number(text)
  if (!Number.isInteger(number)) throw new Error(`ip route names a protocol this test does not know: ${text}`)
  return number
}
