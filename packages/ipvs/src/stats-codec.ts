import type { Attribute } from '@lvscare/netlink'
import { AttributeSet } from './attribute-set.ts'
import { StatsAttr } from './constants.ts'
import type { Stats } from './types.ts'

/** Where statistics stand in a service and in a destination. */
interface StatsPlace {
  readonly STATS: number
  readonly STATS64: number
}

/**
 * The object with its `stats`, which are read when they are first looked at: a guard compares settings twice a second
 * and wants the twenty counters of each server only when it is scraped. Looking may throw DecodeError.
 */
export function withStats<T extends object>(
  object: T,
  set: AttributeSet,
  place: StatsPlace,
): T & { readonly stats: Stats } {
  let stats: Stats | undefined
  return Object.defineProperty(object, 'stats', {
    enumerable: true,
    get: () => (stats ??= readStats(set, place)),
  }) as T & { readonly stats: Stats }
}

/**
 * Reads the statistics of a service or destination.
 *
 * The 64-bit ones come from Linux 4.1 on; before that connections and packets wrap at 32 bits.
 */
export function readStats(set: AttributeSet, place: StatsPlace): Stats {
  const { payload, path } = set.get(place.STATS64) ?? set.need(place.STATS)
  const stats = AttributeSet.read(payload, path)
  const counter = (type: number): bigint => readCounter(stats.need(type))
  return {
    connections: counter(StatsAttr.CONNS),
    inPackets: counter(StatsAttr.INPKTS),
    outPackets: counter(StatsAttr.OUTPKTS),
    inBytes: counter(StatsAttr.INBYTES),
    outBytes: counter(StatsAttr.OUTBYTES),
    connectionRate: counter(StatsAttr.CPS),
    inPacketRate: counter(StatsAttr.INPPS),
    outPacketRate: counter(StatsAttr.OUTPPS),
    inByteRate: counter(StatsAttr.INBPS),
    outByteRate: counter(StatsAttr.OUTBPS),
  }
}

/** The old nest mixes u32 and u64, the new one is all u64: the length tells. */
function readCounter(attribute: Attribute): bigint {
  return attribute.payload.length === 4 ? BigInt(attribute.u32()) : attribute.u64()
}
