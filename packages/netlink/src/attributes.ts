import { align, getBe16, getBe32, getU16, getU32, LITTLE, viewOf } from './bytes.ts'
import { AttrFlag, Size } from './constants.ts'
import { DecodeError } from './errors.ts'

/** One received attribute; every getter checks the exact length before it reads and throws {@link DecodeError}. */
export class Attribute {
  /** The number without the `NLA_F_*` bits. */
  readonly type: number
  // The run it stands in, and where: most attributes are never looked at, so nothing is cut out for them.
  readonly #run: Uint8Array
  readonly #start: number
  readonly #length: number
  readonly #parent: string

  private constructor(type: number, run: Uint8Array, start: number, length: number, parent: string) {
    this.type = type
    this.#run = run
    this.#start = start
    this.#length = length
    this.#parent = parent
  }

  /** The attributes of a run; see {@link readAttributes}. */
  static list(bytes: Uint8Array, path: string): Attribute[] {
    const list: Attribute[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = readLength(bytes, at, path)
      list.push(new Attribute(readType(bytes, at), bytes, at + Size.NLATTR, length - Size.NLATTR, path))
      at += align(length)
    }
    return list
  }

  /** Where in the message it stands, such as `service.4`. */
  get path(): string {
    return `${this.#parent}.${this.type}`
  }

  /** The bytes between header and padding, not copied: valid as long as the message is. */
  get payload(): Uint8Array {
    return this.#run.subarray(this.#start, this.#start + this.#length)
  }

  /** An unsigned byte. */
  u8(): number {
    return this.#run[this.#exactly(1)] ?? 0
  }

  /** 16 bits in host byte order. */
  u16(): number {
    return getU16(this.#run, this.#exactly(2))
  }

  /** 16 bits in network byte order, as ports travel. */
  be16(): number {
    return getBe16(this.#run, this.#exactly(2))
  }

  /** 32 bits in host byte order. */
  u32(): number {
    return getU32(this.#run, this.#exactly(4))
  }

  /** 32 bits in network byte order. */
  be32(): number {
    return getBe32(this.#run, this.#exactly(4))
  }

  /** 64 bits in host byte order; the kernel aligns them to four bytes only. */
  u64(): bigint {
    return viewOf(this.#run).getBigUint64(this.#exactly(8), LITTLE)
  }

  /** 64 bits in network byte order. */
  be64(): bigint {
    return viewOf(this.#run).getBigUint64(this.#exactly(8))
  }

  /** Text up to the first NUL; the kernel does not always send one. */
  text(): string {
    const { payload } = this
    const end = payload.indexOf(0)
    return String.fromCharCode(...payload.subarray(0, end < 0 ? undefined : end))
  }

  /** The payload, checked to be exactly `length` bytes. */
  bytes(length: number): Uint8Array {
    this.#exactly(length)
    return this.payload
  }

  /** The attributes inside this one. */
  nested(): Attribute[] {
    return readAttributes(this.payload, this.path)
  }

  /** Where the payload starts, once it is known to be of this length. */
  #exactly(size: number): number {
    if (this.#length === size) return this.#start
    throw new DecodeError(this.path, `exactly ${size} bytes`, `${this.#length} bytes`)
  }
}

/** Walks a run of attributes without copying; throws {@link DecodeError} on the first bad length. */
export function readAttributes(bytes: Uint8Array, path = 'message'): Attribute[] {
  return Attribute.list(bytes, path)
}

function readType(run: Uint8Array, at: number): number {
  return getU16(run, at + 2) & AttrFlag.TYPE_MASK
}

/** The length in `struct nlattr` at an offset, checked against the room that is left. */
function readLength(run: Uint8Array, at: number, path: string): number {
  const room = run.length - at
  if (room < Size.NLATTR) throw new DecodeError(path, 'an attribute header of 4 bytes', `${room} bytes`)
  const length = getU16(run, at)
  // A length below the header would make the walk stand still for ever.
  if (length >= Size.NLATTR && length <= room) return length
  throw new DecodeError(`${path}.${readType(run, at)}`, `a length from 4 to ${room} bytes`, `${length} bytes`)
}
