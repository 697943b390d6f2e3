import { readFileSync } from 'node:fs'
import type { UnixPeer } from '@lvscare/netlink'

/** CAP_NET_ADMIN of linux/capability.h, as a bit. */
const NET_ADMIN = 1n << 12n

/**
 * True for who may be a guard: root, our own user, or a process that systemd gave the capability as another user.
 *
 * Its ambient set is looked at (capabilities(7)): a program with privileges of its own, such as one that is setuid, has none
 * in there, so nobody gets them by keeping the socket open and executing one. In a user namespace of one's own all
 * capabilities can be had for nothing, so it must be in ours.
 */
export function mayGuard({ uid, pid }: UnixPeer, read: (path: string) => string = readText): boolean {
  if (uid === 0 || uid === process.geteuid?.()) return true
  // Of another PID namespace: nothing can be known of it.
  if (pid === 0) return false
  try {
    const ours = read(`/proc/${pid}/uid_map`) === read('/proc/self/uid_map')
    return ours && hasNetAdmin(read(`/proc/${pid}/status`), uid)
  } catch {
    // It ended meanwhile, or /proc hides it: then it is nobody.
    return false
  }
}

/** That it is all four of the user's ids shows that it is no other process, with the number of one that has ended. */
function hasNetAdmin(status: string, uid: number): boolean {
  const users = /^Uid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? []
  const ambient = BigInt(`0x${/^CapAmb:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return users.length === 4 && users.every((one) => Number(one) === uid) && (ambient & NET_ADMIN) !== 0n
}

function readText(path: string): string {
  return readFileSync(path, 'latin1')
}
