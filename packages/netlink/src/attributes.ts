import { align, LITTLE, viewOf } from './bytes.ts'
import { AttrFlag, Size } from './constants.ts'
import { DecodeError } from './errors.ts'

/** One received attribute; every getter checks the exact length before it reads and throws {@link DecodeError}. */
export class Attribute {
  /** The number without the `NLA_F_*` bits. */
  readonly type: number
  /** The bytes between header and padding, not copied: valid as long as the message is. */
  readonly payload: Uint8Array
  /** Where in the message it stands, such as `service.4`. */
  readonly path: string

  constructor(type: number, payload: Uint8Array, path: string) {
    this.type = type
    this.payload = payload
    this.path = path
  }

  /** An unsigned byte. */
  u8(): number {
    return this.#view(1).getUint8(0)
  }

  /** 16 bits in host byte order. */
  u16(): number {
    return this.#view(2).getUint16(0, LITTLE)
  }

  /** 16 bits in network byte order, as ports travel. */
  be16(): number {
    return this.#view(2).getUint16(0, false)
  }

  /** 32 bits in host byte order. */
  u32(): number {
    return this.#view(4).getUint32(0, LITTLE)
  }

  /** 32 bits in network byte order. */
  be32(): number {
    return this.#view(4).getUint32(0, false)
  }

  /** 64 bits in host byte order; the kernel aligns them to four bytes only. */
  u64(): bigint {
    return this.#view(8).getBigUint64(0, LITTLE)
  }

  /** Text up to the first NUL; the kernel does not always send one. */
  text(): string {
    const end = this.payload.indexOf(0)
    return Buffer.from(this.payload.subarray(0, end < 0 ? undefined : end)).toString('latin1')
  }

  /** The payload, checked to be exactly `length` bytes. */
  bytes(length: number): Uint8Array {
    this.#view(length)
    return this.payload
  }

  /** The attributes inside this one. */
  nested(): Generator<Attribute> {
    return readAttributes(this.payload, this.path)
  }

  #view(size: number): DataView {
    if (this.payload.length !== size) {
      throw new DecodeError(this.path, `exactly ${size} bytes`, `${this.payload.length} bytes`)
    }
    return viewOf(this.payload)
  }
}

/** Walks a run of attributes without copying; throws {@link DecodeError} on the first bad length. */
export function* readAttributes(bytes: Uint8Array, path = 'message'): Generator<Attribute> {
  const view = viewOf(bytes)
  for (let at = 0; at < bytes.length; ) {
    const room = bytes.length - at
    if (room < Size.NLATTR) throw new DecodeError(path, 'an attribute header of 4 bytes', `${room} bytes`)
    const length = view.getUint16(at, LITTLE)
    const type = view.getUint16(at + 2, LITTLE) & AttrFlag.TYPE_MASK
    if (length < Size.NLATTR || length > room) {
      // A length below the header would make the walk stand still for ever.
      throw new DecodeError(`${path}.${type}`, `a length from 4 to ${room} bytes`, `${length} bytes`)
    }
    yield new Attribute(type, bytes.subarray(at + Size.NLATTR, at + length), `${path}.${type}`)
    at += align(length)
  }
}
