import { existsSync, writeFileSync } from 'node:fs'
import { VIP } from './cluster.ts'
import { outcome } from './exec.ts'
import { NODE } from './hosts.ts'

/** What guards of ours set and others do not, at the kernel's own values. */
const DEFAULTS = { expire_nodest_conn: '0', expire_quiescent_template: '0', conntrack: '0' }

const ROUTE = ['table', 'local', 'local', VIP.v4, 'dev', 'lo', 'src', NODE.v4] as const

/** Makes the virtual IP this node's own, as a guard does, for programs that leave it to the operator. */
export function layRivalPath(): void {
  outcome(['ip', 'route', 'replace', ...ROUTE])
}

/** Takes away what any guard has left: rules, route and settings, so that the next one begins on a bare node. */
export function clearPath(): void {
  outcome(['ipvsadm', '-C'])
  outcome(['ip', 'route', 'flush', 'table', 'local', VIP.v4])
  for (const [name, value] of Object.entries(DEFAULTS)) {
    const file = `/proc/sys/net/ipv4/vs/${name}`
    if (existsSync(file)) writeFileSync(file, value)
  }
}
