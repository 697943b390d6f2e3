import { type Golden, parseHex } from '../../src/testing/index.ts'

const Z = '00000000'

/** The identity of the client's socket: ports, addresses, no link, cookie. */
const ID = `9c40192b ${Z} ${Z} 0000ffff 0a630001 ${Z} ${Z} 0000ffff 0a630001 ${Z} 01000000 ${Z}`

/** A listed socket: AF_INET6, established; identity; timer and queues; uid, inode. */
const SOCKET = `0a010000 ${ID} ${Z} ${Z} ${Z} e8030000 9d040000`

/** INET_DIAG_SHUTDOWN, INET_DIAG_MARK, INET_DIAG_CGROUP_ID, INET_DIAG_SOCKOPT. */
const ATTRIBUTES = `05000800 ${Z} 08000f00 ${Z} 0c001500 01000000 ${Z} 06001600 12000000`

/** `struct inet_diag_msg` with its attributes, as Linux 6.1 lists it: an IPv6 socket, connected over IPv4. */
export const LISTED: Uint8Array = parseHex(`${SOCKET} ${ATTRIBUTES}`)

/** What went over the wire on Linux 6.1 when that socket was listed, ended, and ended again. */
export const CAPTURE: Golden = {
  kernel: '6.1',
  command: 'tcpSockets to port 6443, established; destroy; destroy',
  exchanges: (
    [
      ['request', `48000000 14000103 01000000 ${Z} 02060000 02000000 0000192b ${`${Z} `.repeat(11)}`],
      ['answer', `14000000 03000200 01000000 81000000 ${Z}`],
      ['request', `48000000 14000103 02000000 ${Z} 0a060000 02000000 0000192b ${`${Z} `.repeat(11)}`],
      ['answer', `7c000000 14000200 02000000 81000000 ${SOCKET} ${ATTRIBUTES}`],
      ['answer', `14000000 03000200 02000000 81000000 ${Z}`],
      ['request', `48000000 15000500 03000000 ${Z} 0a060000 ${Z} ${ID}`],
      ['answer', `24000000 02000001 03000000 81000000 ${Z} 48000000 15000500 03000000 ${Z}`],
      ['request', `48000000 15000500 04000000 ${Z} 0a060000 ${Z} ${ID}`],
      ['answer', `24000000 02000001 04000000 81000000 feffffff 48000000 15000500 04000000 ${Z}`],
    ] as const
  ).map(([direction, text]) => ({ direction, bytes: parseHex(text) })),
}
