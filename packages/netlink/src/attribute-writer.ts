import { align, LITTLE, unsigned, viewOf } from './bytes.ts'
import { AttrFlag, Size } from './constants.ts'

const MAX_PAYLOAD = 0xffff - Size.NLATTR

const BITS = { 1: 8, 2: 16, 4: 32 } as const

/** Builds a run of attributes; each method appends one, returns `this`, and throws RangeError on a value that does not fit. */
export class AttributeWriter {
  readonly #chunks: Uint8Array[] = []

  /** An unsigned byte. */
  u8(type: number, value: number): this {
    return this.#integer(type, value, 1, (view) => view.setUint8(0, value))
  }

  /** 16 bits in host byte order. */
  u16(type: number, value: number): this {
    return this.#integer(type, value, 2, (view) => view.setUint16(0, value, LITTLE))
  }

  /** 16 bits in network byte order, as ports travel. */
  be16(type: number, value: number): this {
    return this.#integer(type, value, 2, (view) => view.setUint16(0, value, false))
  }

  /** 32 bits in host byte order. */
  u32(type: number, value: number): this {
    return this.#integer(type, value, 4, (view) => view.setUint32(0, value, LITTLE))
  }

  /** 32 bits in network byte order. */
  be32(type: number, value: number): this {
    return this.#integer(type, value, 4, (view) => view.setUint32(0, value, false))
  }

  /** 64 bits in host byte order. */
  u64(type: number, value: bigint): this {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`attribute ${type}: ${value} is not a u64`)
    const payload = new Uint8Array(8)
    viewOf(payload).setBigUint64(0, value, LITTLE)
    return this.bytes(type, payload)
  }

  /** Text with its closing NUL; a NUL inside would cut it short in the kernel and is refused. */
  text(type: number, value: string): this {
    if (/[\0\u{100}-\u{10ffff}]/u.test(value)) {
      throw new RangeError(
        `attribute ${type}: ${JSON.stringify(value)} has a character the kernel cannot take`,
      )
    }
    return this.bytes(type, Buffer.from(`${value}\0`, 'latin1'))
  }

  /** Raw bytes, such as an address in network byte order. */
  bytes(type: number, value: Uint8Array): this {
    unsigned('attribute type', type, 16)
    if (value.length > MAX_PAYLOAD) {
      throw new RangeError(
        `attribute ${type}: ${value.length} bytes are more than the ${MAX_PAYLOAD} that fit`,
      )
    }
    const chunk = new Uint8Array(align(Size.NLATTR + value.length))
    const view = viewOf(chunk)
    view.setUint16(0, Size.NLATTR + value.length, LITTLE)
    view.setUint16(2, type, LITTLE)
    chunk.set(value, Size.NLATTR)
    this.#chunks.push(chunk)
    return this
  }

  /** Attributes inside one that carries NLA_F_NESTED, as rtnetlink and nf_tables expect. */
  nested(type: number, fill: (inner: AttributeWriter) => void): this {
    return this.#nest(unsigned('attribute type', type, 16) | AttrFlag.NESTED, fill)
  }

  /** Attributes inside one without NLA_F_NESTED, as families older than the flag (IPVS) write them. */
  plainNested(type: number, fill: (inner: AttributeWriter) => void): this {
    return this.#nest(type, fill)
  }

  /** Everything written so far, padded to four bytes. */
  finish(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }

  #nest(type: number, fill: (inner: AttributeWriter) => void): this {
    const inner = new AttributeWriter()
    fill(inner)
    return this.bytes(type, inner.finish())
  }

  #integer(type: number, value: number, size: 1 | 2 | 4, write: (view: DataView) => void): this {
    // DataView wraps silently: 65536 would become port 0.
    unsigned(`attribute ${type}`, value, BITS[size])
    const payload = new Uint8Array(size)
    write(viewOf(payload))
    return this.bytes(type, payload)
  }
}
