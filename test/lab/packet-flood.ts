import { writeFileSync } from 'node:fs'
import { exec } from './exec.ts'

/** Ports and addresses count up together, so every packet is of another pair only when they have no factor in common. */
const PORTS = 200
const FIRST_PORT = 20_000

/** Where the datagrams of {@link sendDatagrams} seem to come from, and where they go to. */
export interface Flood {
  /** The end of a cable in this namespace whose other end takes the packets. */
  readonly device: string
  /** The hardware address of the other end. */
  readonly mac: string
  /** The first source address; the others follow it. */
  readonly from: string
  readonly to: string
  readonly port: number
}

/**
 * Has the kernel's packet generator send UDP datagrams, no two from the same address and port: one entry of the
 * connection table each. Gives how many there were, a few more than asked for.
 */
export function sendDatagrams(count: number, { device, mac, from, to, port }: Flood): number {
  let addresses = Math.ceil(count / PORTS)
  // 200 is 2 * 2 * 2 * 5 * 5.
  while (addresses % 2 === 0 || addresses % 5 === 0) addresses += 1
  exec('modprobe', 'pktgen')
  write('kpktgend_0', 'rem_device_all', `add_device ${device}`)
  write(
    device,
    `count ${addresses * PORTS}`,
    'delay 0',
    'pkt_size 60',
    `dst_mac ${mac}`,
    `dst ${to}`,
    `src_min ${from}`,
    `src_max ${after(from, addresses - 1)}`,
    `udp_dst_min ${port}`,
    `udp_dst_max ${port}`,
    `udp_src_min ${FIRST_PORT}`,
    `udp_src_max ${FIRST_PORT + PORTS}`,
  )
  // Returns when all have been sent.
  write('pgctrl', 'start')
  write('kpktgend_0', 'rem_device_all')
  return addresses * PORTS
}

function write(file: string, ...commands: string[]): void {
  // Without its line end the generator reads on behind the command.
  for (const command of commands) writeFileSync(`/proc/net/pktgen/${file}`, `${command}\n`)
}

function after(address: string, count: number): string {
  const bytes = Buffer.from(address.split('.').map(Number))
  bytes.writeUInt32BE(bytes.readUInt32BE() + count)
  return bytes.join('.')
}
