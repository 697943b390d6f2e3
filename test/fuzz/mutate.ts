import { align, getU16, getU32, putU16, putU32 } from '@lvscare/netlink'
import type { Random } from '../lab/random.ts'

/** What a mutation may take parts from: datagrams as a kernel sends them. */
export type Material = readonly Uint8Array[]

/** A message or an attribute inside of a datagram: where it begins, and how long it says it is. */
interface Part {
  readonly at: number
  readonly length: number
}

const HEADER = 16

/** Bytes between the header of a message and its attributes: genl and nfnetlink, address, route, link, socket. */
const FIXED = [4, 8, 12, 16, 72] as const

const NUMBERS = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff]
const LONG_NUMBERS = [...NUMBERS, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

/** NLM_F_MULTI, DUMP_INTR, DUMP_FILTERED, CAPPED, ACK_TLVS, and what no answer has. */
const FLAGS = [0, 2, 0x10, 0x12, 0x20, 0x100, 0x200, 0x300, 0xffff]

/** NOOP, ERROR, DONE, OVERRUN, the controller, and what the families here answer with. */
const TYPES = [0, 1, 2, 3, 4, 16, 20, 24, 0x23, 0xa00, 0xa03, 0xa06, 0xa0f, 0xffff]

/** How deep a nest is made that is only nests; the last is as deep as one attribute can hold. */
const BOMB_LEVELS = [3, 10, 30, 300, 16_000]

/** A datagram as a kernel would not send it: one of the given, changed once or a few times. */
export function mutate(datagram: Uint8Array, material: Material, random: Random): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(datagram)
  for (let times = 1 + Math.floor(random.next() ** 2 * 4); times > 0; times -= 1) {
    bytes = random.pick(random.chance(0.6) ? ON_ATTRIBUTES : ON_BYTES)(bytes, random, material)
  }
  return bytes
}

type Change = (bytes: Uint8Array, random: Random, material: Material) => Uint8Array

const ON_BYTES: readonly Change[] = [
  (bytes, random) => set(bytes, random, (old) => old ^ (1 << int(random, 8))),
  (bytes, random) => set(bytes, random, () => random.pick(NUMBERS)),
  (bytes, random) => bytes.subarray(0, int(random, bytes.length + 1)),
  (bytes, random) => join(bytes, noise(random, int(random, 64))),
  (_bytes, random, material) => Uint8Array.from(random.pick(material)),
  (bytes, random, material) => join(padded(bytes), random.pick(material)),
  (bytes) => join(padded(bytes), bytes),
  (bytes, random) => inMessage(bytes, random, ({ at }) => putU32(bytes, at, random.pick(LONG_NUMBERS))),
  (bytes, random) => inMessage(bytes, random, ({ at, length }) => putU32(bytes, at, length + near(random))),
  (bytes, random) => inMessage(bytes, random, ({ at }) => putU16(bytes, at + 4, random.pick(TYPES))),
  (bytes, random) => inMessage(bytes, random, ({ at }) => putU16(bytes, at + 6, random.pick(FLAGS))),
  (bytes, random) => inMessage(bytes, random, ({ at }) => putU32(bytes, at + 8, random.pick(LONG_NUMBERS))),
  (bytes, random) => inMessage(bytes, random, ({ at }) => putU32(bytes, at + 12, random.pick(LONG_NUMBERS))),
]

const ON_ATTRIBUTES: readonly Change[] = [
  (bytes, random) => inAttribute(bytes, random, ({ at }) => putU16(bytes, at, random.pick(NUMBERS))),
  (bytes, random) => inAttribute(bytes, random, ({ at, length }) => putU16(bytes, at, length + near(random))),
  (bytes, random) => inAttribute(bytes, random, ({ at }) => putU16(bytes, at + 2, int(random, 40))),
  (bytes, random) => inAttribute(bytes, random, ({ at }) => putU16(bytes, at + 2, random.pick(NUMBERS))),
  (bytes, random) => inAttribute(bytes, random, (part) => bytes.set(noise(random, room(part)), part.at + 4)),
  (bytes, random) =>
    inAttribute(bytes, random, (part) => bytes.fill(random.pick(NUMBERS), part.at + 4, end(part))),
  (bytes, random) => replaced(bytes, random, () => new Uint8Array()),
  (bytes, random) => replaced(bytes, random, (own) => join(own, own)),
  (bytes, random) => replaced(bytes, random, (own) => resized(own, noise(random, int(random, 80)))),
  (bytes, random) => replaced(bytes, random, (own) => resized(own, bomb(getU16(own, 2), random))),
  (bytes, random, material) =>
    replaced(bytes, random, (own) => {
      const other = random.pick(material)
      const part = pickPart(attributesOf(other), random)
      return part === undefined ? own : other.slice(part.at, part.at + align(part.length))
    }),
]

/** Nests in nests, of the same type. */
function bomb(type: number, random: Random): Uint8Array {
  const levels = BOMB_LEVELS[int(random, random.chance(0.05) ? BOMB_LEVELS.length : 3)] ?? 1
  const bytes = new Uint8Array(levels * 4 - 8)
  for (let at = 0; at < bytes.length; at += 4) {
    putU16(bytes, at, bytes.length - at)
    putU16(bytes, at + 2, type)
  }
  return bytes
}

/** The attribute with another payload. */
function resized(own: Uint8Array, payload: Uint8Array): Uint8Array {
  const bytes = join(own.subarray(0, 4), payload)
  putU16(bytes, 0, bytes.length)
  return padded(bytes)
}

/** Puts something in the place of an attribute, and corrects all lengths around it: what is wrong is inside only. */
function replaced(bytes: Uint8Array, random: Random, by: (own: Uint8Array) => Uint8Array): Uint8Array {
  const parts = attributesOf(bytes)
  const part = pickPart(parts, random)
  if (part === undefined) return bytes
  const own = bytes.slice(part.at, Math.min(part.at + align(part.length), bytes.length))
  const other = by(own)
  const grown = other.length - own.length
  const result = join(bytes.subarray(0, part.at), other, bytes.subarray(part.at + own.length))
  for (const { at, length } of parts) {
    if (at < part.at && at + length >= part.at + part.length) putU16(result, at, length + grown)
  }
  for (const { at, length } of messagesOf(bytes)) {
    if (at < part.at && at + length > part.at) putU32(result, at, Math.max(0, length + grown))
  }
  return result
}

/** The messages of a datagram, as far as they can be told apart. */
function messagesOf(bytes: Uint8Array): Part[] {
  const parts: Part[] = []
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = getU32(bytes, at)
    parts.push({ at, length })
    if (length < HEADER || length > bytes.length - at) break
    at += align(length)
  }
  return parts
}

/** All attributes of all messages, those inside of others too. */
function attributesOf(bytes: Uint8Array): Part[] {
  return messagesOf(bytes).flatMap(({ at, length }) => {
    const stop = Math.min(at + length, bytes.length)
    const begins = FIXED.map((fixed) => walk(bytes, at + HEADER + fixed, stop, 0))
    return begins.find((found) => found !== undefined) ?? []
  })
}

/** The attributes from here to there and those inside; nothing where they do not end exactly there. */
function walk(bytes: Uint8Array, from: number, stop: number, depth: number): Part[] | undefined {
  const parts: Part[] = []
  for (let at = from; at < stop; ) {
    const length = stop - at < 4 ? 0 : getU16(bytes, at)
    if (length < 4 || length > stop - at) return undefined
    parts.push({ at, length })
    if (length >= 8 && depth < 5) parts.push(...(walk(bytes, at + 4, at + length, depth + 1) ?? []))
    at += align(length)
  }
  return parts.length > 0 ? parts : undefined
}

function inMessage(bytes: Uint8Array, random: Random, change: (part: Part) => void): Uint8Array {
  const part = pickPart(messagesOf(bytes), random)
  if (part !== undefined) change(part)
  return bytes
}

function inAttribute(bytes: Uint8Array, random: Random, change: (part: Part) => void): Uint8Array {
  const part = pickPart(attributesOf(bytes), random)
  if (part !== undefined) change(part)
  return bytes
}

function pickPart(parts: readonly Part[], random: Random): Part | undefined {
  return parts.length === 0 ? undefined : random.pick(parts)
}

function set(bytes: Uint8Array, random: Random, to: (old: number) => number): Uint8Array {
  const at = int(random, bytes.length)
  if (bytes.length > 0) bytes[at] = to(bytes[at] ?? 0)
  return bytes
}

function end({ at, length }: Part): number {
  return at + length
}

function room({ length }: Part): number {
  return Math.max(0, length - 4)
}

function near(random: Random): number {
  return random.pick([-4, -2, -1, 1, 2, 4])
}

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => int(random, 256))
}

function padded(bytes: Uint8Array): Uint8Array {
  return join(bytes, new Uint8Array(align(bytes.length) - bytes.length))
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

/** A whole number from 0, below `below`. */
export function int(random: Random, below: number): number {
  return Math.floor(random.next() * below)
}
