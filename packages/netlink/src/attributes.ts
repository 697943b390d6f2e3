import { align, LITTLE, viewOf } from './bytes.ts'
import { AttrFlag, Size } from './constants.ts'
import { DecodeError } from './errors.ts'

/** One received attribute; every getter checks the exact length before it reads and throws {@link DecodeError}. */
export class Attribute {
  /** The number without the `NLA_F_*` bits. */
  readonly type: number
  /** The run it stands in and a view on it, shared: a guard reads some hundred attributes a second, for months. */
  readonly #run: Uint8Array
  readonly #view: DataView
  readonly #start: number
  readonly #length: number
  readonly #parent: string

  private constructor(type: number, run: Run, start: number, length: number) {
    this.type = type
    this.#run = run.bytes
    this.#view = run.view
    this.#parent = run.path
    this.#start = start
    this.#length = length
  }

  /** The attributes of a run; see {@link readAttributes}. */
  static list(bytes: Uint8Array, path: string): Attribute[] {
    const run = { bytes, view: viewOf(bytes), path }
    const list: Attribute[] = []
    for (let at = 0; at < bytes.length; ) {
      const { type, length } = readHeader(run, at)
      list.push(new Attribute(type, run, at + Size.NLATTR, length - Size.NLATTR))
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
    return this.#view.getUint8(this.#exactly(1))
  }

  /** 16 bits in host byte order. */
  u16(): number {
    return this.#view.getUint16(this.#exactly(2), LITTLE)
  }

  /** 16 bits in network byte order, as ports travel. */
  be16(): number {
    return this.#view.getUint16(this.#exactly(2), false)
  }

  /** 32 bits in host byte order. */
  u32(): number {
    return this.#view.getUint32(this.#exactly(4), LITTLE)
  }

  /** 32 bits in network byte order. */
  be32(): number {
    return this.#view.getUint32(this.#exactly(4), false)
  }

  /** 64 bits in host byte order; the kernel aligns them to four bytes only. */
  u64(): bigint {
    return this.#view.getBigUint64(this.#exactly(8), LITTLE)
  }

  /** Text up to the first NUL; the kernel does not always send one. */
  text(): string {
    const { payload } = this
    const end = payload.indexOf(0)
    return Buffer.from(payload.subarray(0, end < 0 ? undefined : end)).toString('latin1')
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

interface Run {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly path: string
}

/** `struct nlattr` at an offset, its length checked against the room that is left. */
function readHeader({ bytes, view, path }: Run, at: number): { type: number; length: number } {
  const room = bytes.length - at
  if (room < Size.NLATTR) throw new DecodeError(path, 'an attribute header of 4 bytes', `${room} bytes`)
  const length = view.getUint16(at, LITTLE)
  const type = view.getUint16(at + 2, LITTLE) & AttrFlag.TYPE_MASK
  if (length < Size.NLATTR || length > room) {
    // A length below the header would make the walk stand still for ever.
    throw new DecodeError(`${path}.${type}`, `a length from 4 to ${room} bytes`, `${length} bytes`)
  }
  return { type, length }
}
