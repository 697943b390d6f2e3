import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Ipvs, isIpvsError } from '@lvscare/ipvs'
import { defaultLibc, isNetlinkError, KernelError, type Libc, SockOpt } from '@lvscare/netlink'
import { type Exchange, recordingLibc } from '@lvscare/netlink/testing'
import type { GoldenCall as IpvsCall } from '../../packages/ipvs/test/golden-calls.ts'
import type { GoldenCall as NetlinkCall } from '../../packages/netlink/test/golden-calls.ts'
import { exchangeUdp } from '../lab/echo.ts'
import { exec, execWith } from '../lab/exec.ts'
import { waitFor } from '../lab/wait.ts'

/** What a call gave, with every datagram of it. */
export interface Performance {
  readonly exchanges: readonly Exchange[]
  readonly result?: unknown
  /** The code of an IpvsError, or the errno of a KernelError. */
  readonly refusal?: string
  readonly message?: string
}

/** Makes the table that the call wants, and makes the call; the table is left. */
export async function performIpvs(one: IpvsCall): Promise<Performance> {
  const log: Exchange[] = []
  const recorded = recordingLibc(defaultLibc(), log)
  exec('ipvsadm', '-C')
  execWith(`${(one.table ?? []).join('\n')}\n`, 'ipvsadm', '-R')
  if (one.setting === 'traffic') await traffic(Number(/:(\d+)/.exec(one.table?.[0] ?? '')?.[1]))
  const ipvs = Ipvs.open({ libc: one.setting === 'old-kernel' ? withoutOptions(recorded) : recorded })
  // The look-up of the family is a capture of its own.
  log.length = 0
  try {
    return { ...ending(() => one.call(ipvs)), exchanges: log }
  } finally {
    ipvs.close()
    exec('ipvsadm', '--set', '900', '120', '300')
  }
}

/** A link of a chosen index and address, so that messages are the same on every machine. */
const NODE = [
  'link set lo up',
  'link add lvsgold0 address 02:00:00:00:00:01 index 4242 type dummy',
  'link set lvsgold0 up',
  'address add 10.0.0.1/24 dev lvsgold0',
  'address add fd00:10::1/64 dev lvsgold0 nodad',
]

/** Whatever of it the call has left. */
const TAKE_AWAY = `exec 2>/dev/null
ip link delete lvsgold0
ip link delete lvsgold1
ip route flush table local 10.99.0.1
ip -6 route flush table local fd00:99::1
true`

/** Makes the node that the call wants, makes the call, and takes the node away. */
export function performNetlink(one: NetlinkCall): Performance {
  const log: Exchange[] = []
  execWith([...NODE, ...(one.before ?? [])].join('\n'), 'ip', '-batch', '-')
  try {
    return { ...ending(() => one.call(recordingLibc(defaultLibc(), log))), exchanges: log }
  } finally {
    exec('sh', '-c', TAKE_AWAY)
  }
}

function ending(call: () => unknown): Omit<Performance, 'exchanges'> {
  try {
    return { result: call() }
  } catch (error) {
    const cause = isNetlinkError(error) && error.cause instanceof KernelError ? error.cause : error
    if (isIpvsError(error)) return { refusal: error.code, message: error.message }
    if (cause instanceof KernelError) return { refusal: cause.errno, message: cause.message }
    throw error
  }
}

/** As on a kernel older than 4.3: an error repeats the whole request. */
function withoutOptions(libc: Libc): Libc {
  return {
    ...libc,
    setsockopt: (fd, level, option, value) => {
      if (option !== SockOpt.CAP_ACK) libc.setsockopt(fd, level, option, value)
    },
  }
}

/** Three datagrams of a thousand bytes through the service UDP 10.1.2.3:`port` to a server of this machine. */
async function traffic(port: number): Promise<void> {
  exec('ip', 'link', 'set', 'lo', 'up')
  exec('ip', 'route', 'add', 'local', '10.1.2.3', 'dev', 'lo', 'table', 'local', 'src', '127.0.0.1')
  const echo = createSocket('udp4')
  echo.on('message', (message, sender) => echo.send(message, sender.port, sender.address))
  echo.bind(7007, '127.0.0.1')
  await once(echo, 'listening')
  try {
    const text = 'x'.repeat(1000)
    await exchangeUdp('10.1.2.3', port, text, text, text)
    // The kernel adds the counters of its processors up every two seconds.
    await waitFor('counters', 20_000, () =>
      / 3 +3 +3084 +3084/.test(exec('ipvsadm', '-Ln', '--stats', '--exact')),
    )
  } finally {
    echo.close()
    exec('ip', 'route', 'flush', 'table', 'local', '10.1.2.3')
  }
}
