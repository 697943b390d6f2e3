import { unixPeer } from '@lvscare/netlink'
import { mayGuard } from './may-guard.ts'
import { seatName } from './seat-name.ts'

/**
 * True when a guard of the virtual server runs here.
 *
 * Any program of this network namespace can bind the name: it counts only with a user, or a capability, that may guard.
 */
export function isGuarded(virtual: string): boolean {
  const peer = unixPeer(seatName(virtual))
  return peer !== undefined && mayGuard(peer)
}
