import { AttributeWriter, LITTLE, viewOf } from '@lvscare/netlink'
import { CmdAttr, DestAttr, InfoAttr, StatsAttr, SvcAttr, SvcFlag } from '../src/index.ts'
import { type FakeDestination, type FakeService, need, u32 } from './fake-table.ts'

const ADDRESS_BYTES = 16
const FWD_MASK = 7
const BYTE_COUNTERS: readonly number[] = [StatsAttr.INBYTES, StatsAttr.OUTBYTES]

/** A service as a dump shows it: sixteen address bytes, the HASHED flag, a full mask and both kinds of statistics. */
export function serviceAttributes({ attributes, connections }: FakeService): Uint8Array {
  return new AttributeWriter()
    .plainNested(CmdAttr.SERVICE, (service) => {
      for (const [type, bytes] of attributes) {
        if (type === SvcAttr.ADDR) service.bytes(type, wide(bytes))
        else if (type === SvcAttr.FLAGS) service.bytes(type, hashed(bytes))
        else service.bytes(type, bytes)
      }
      writeBothStats(service, SvcAttr, connections)
    })
    .finish()
}

/** A destination as a dump shows it, in the kernel's own order of attributes. */
export function destinationAttributes({ attributes, family, connections }: FakeDestination): Uint8Array {
  const given = (type: number, size: number) => attributes.get(type) ?? new Uint8Array(size)
  return new AttributeWriter()
    .plainNested(CmdAttr.DEST, (destination) => {
      destination
        .bytes(DestAttr.ADDR, wide(need(attributes, DestAttr.ADDR)))
        .bytes(DestAttr.PORT, need(attributes, DestAttr.PORT))
        .u32(DestAttr.FWD_METHOD, u32(attributes, DestAttr.FWD_METHOD) & FWD_MASK)
        .bytes(DestAttr.WEIGHT, need(attributes, DestAttr.WEIGHT))
        .bytes(DestAttr.TUN_TYPE, given(DestAttr.TUN_TYPE, 1))
        .bytes(DestAttr.TUN_PORT, given(DestAttr.TUN_PORT, 2))
        .bytes(DestAttr.TUN_FLAGS, given(DestAttr.TUN_FLAGS, 2))
        .bytes(DestAttr.U_THRESH, need(attributes, DestAttr.U_THRESH))
        .bytes(DestAttr.L_THRESH, need(attributes, DestAttr.L_THRESH))
        .u32(DestAttr.ACTIVE_CONNS, 3)
        .u32(DestAttr.INACT_CONNS, 4)
        .u32(DestAttr.PERSIST_CONNS, 5)
        .u16(DestAttr.ADDR_FAMILY, family)
      writeBothStats(destination, DestAttr, connections)
    })
    .finish()
}

/** The answer to GET_CONFIG. */
export function configAttributes([tcp, tcpFin, udp]: readonly [number, number, number]): Uint8Array {
  return new AttributeWriter()
    .u32(CmdAttr.TIMEOUT_TCP, tcp)
    .u32(CmdAttr.TIMEOUT_TCP_FIN, tcpFin)
    .u32(CmdAttr.TIMEOUT_UDP, udp)
    .finish()
}

/** The answer to GET_INFO: version 1.2.1, 4096 buckets. */
export function infoAttributes(): Uint8Array {
  return new AttributeWriter().u32(InfoAttr.VERSION, 0x010201).u32(InfoAttr.CONN_TAB_SIZE, 4096).finish()
}

/** The ten counters as 32 bits with 64 for bytes, as before Linux 4.1, or all of 64. */
export function writeStats(
  writer: AttributeWriter,
  type: number,
  counters: readonly bigint[],
  bits: 32 | 64,
): void {
  writer.plainNested(type, (stats) => {
    counters.forEach((value, index) => {
      const counter = index + 1
      if (bits === 64 || BYTE_COUNTERS.includes(counter)) stats.u64(counter, value)
      else stats.u32(counter, Number(BigInt.asUintN(32, value)))
    })
  })
}

function writeBothStats(
  writer: AttributeWriter,
  place: { readonly STATS: number; readonly STATS64: number },
  connections: bigint,
): void {
  const counters = [connections, ...new Array<bigint>(9).fill(0n)]
  writeStats(writer, place.STATS, counters, 32)
  writeStats(writer, place.STATS64, counters, 64)
}

function wide(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES)
  bytes.set(address)
  return bytes
}

function hashed(flags: Uint8Array): Uint8Array {
  const view = viewOf(flags)
  const bytes = new Uint8Array(8)
  const meant = view.getUint32(0, LITTLE) & view.getUint32(4, LITTLE)
  viewOf(bytes).setUint32(0, (meant | SvcFlag.HASHED) >>> 0, LITTLE)
  viewOf(bytes).setUint32(4, 0xffffffff, LITTLE)
  return bytes
}
