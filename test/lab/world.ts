import { readFileSync } from 'node:fs'
import { exec } from './exec.ts'
import { savedTable } from './ipvsadm.ts'

/** Settings that the guard may touch. */
const SETTINGS = ['expire_nodest_conn', 'expire_quiescent_template', 'conntrack']

/** Everything a guard can change on a node, as others see it; link-local routes come by themselves a moment after a link is up. */
export interface World {
  readonly table: readonly string[]
  readonly routes: readonly string[]
  readonly links: readonly string[]
  readonly addresses: readonly string[]
  readonly firewall: string
}

/** Looks at the whole node: this one, or that on which `run` runs its programs. */
export function world(run: typeof exec = exec): World {
  return {
    table: savedTable(run),
    routes: ['-4', '-6'].flatMap((family) => lines(run('ip', family, 'route', 'show', 'table', 'all'))),
    links: lines(run('ip', '-br', 'link')).map((line) => line.split(/\s+/)[0] ?? ''),
    addresses: lines(run('ip', '-o', 'addr')).map((line) => line.split(/\s+/).slice(1, 4).join(' ')),
    firewall: run('nft', 'list', 'ruleset'),
  }
}

/** The settings of IPVS by their short names. */
export function settings(): Record<string, string> {
  return Object.fromEntries(
    SETTINGS.map((name) => [name, readFileSync(`/proc/sys/net/ipv4/vs/${name}`, 'utf8').trim()]),
  )
}

/** Sets one of them. */
export function setSetting(name: string, value: string): void {
  exec('sysctl', '-qw', `net.ipv4.vs.${name}=${value}`)
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !/fe80|ff00/.test(line))
}
