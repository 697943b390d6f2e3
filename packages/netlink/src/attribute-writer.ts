import { align, LITTLE, putBe16, putBe32, putU16, putU32, unsigned, viewOf } from './bytes.ts'
import { AttrFlag, Size } from './constants.ts'

const MAX_PAYLOAD = 0xffff - Size.NLATTR

/** Room for a request about one service and one destination; longer ones make the run grow. */
const INITIAL_BYTES = 256

/** Builds a run of attributes; each method appends one, returns `this`, and throws RangeError on a value that does not fit. */
export class AttributeWriter {
  // Out of Node's pool: an array of its own costs more than all that is written into it.
  #run: Uint8Array = Buffer.allocUnsafe(INITIAL_BYTES)
  #length = 0

  /** An unsigned byte. */
  u8(type: number, value: number): this {
    const at = this.#integer(type, value, 8)
    this.#run[at] = value
    return this
  }

  /** 16 bits in host byte order. */
  u16(type: number, value: number): this {
    const at = this.#integer(type, value, 16)
    putU16(this.#run, at, value)
    return this
  }

  /** 16 bits in network byte order, as ports travel. */
  be16(type: number, value: number): this {
    const at = this.#integer(type, value, 16)
    putBe16(this.#run, at, value)
    return this
  }

  /** 32 bits in host byte order. */
  u32(type: number, value: number): this {
    const at = this.#integer(type, value, 32)
    putU32(this.#run, at, value)
    return this
  }

  /** 32 bits in network byte order. */
  be32(type: number, value: number): this {
    const at = this.#integer(type, value, 32)
    putBe32(this.#run, at, value)
    return this
  }

  /** 64 bits in host byte order. */
  u64(type: number, value: bigint): this {
    return this.#long(type, value, LITTLE)
  }

  /** 64 bits in network byte order. */
  be64(type: number, value: bigint): this {
    return this.#long(type, value, false)
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
    const at = this.#begin(type, value.length)
    this.#run.set(value, at)
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

  /** Everything written so far, padded to four bytes; the writer is done with. */
  finish(): Uint8Array {
    return this.#run.subarray(0, this.#length)
  }

  #nest(type: number, fill: (inner: AttributeWriter) => void): this {
    const start = this.#begin(type, 0)
    fill(this)
    putU16(this.#run, start - Size.NLATTR, Size.NLATTR + fitting(type, this.#length - start))
    return this
  }

  #long(type: number, value: bigint, little: boolean): this {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`attribute ${type}: ${value} is not a u64`)
    const at = this.#begin(type, 8)
    viewOf(this.#run).setBigUint64(at, value, little)
    return this
  }

  /** Room for a number that is known to fit. */
  #integer(type: number, value: number, bits: 8 | 16 | 32): number {
    // Writing wraps silently: 65536 would become port 0.
    unsigned(`attribute ${type}`, value, bits)
    return this.#begin(type, bits >> 3)
  }

  /** Appends a header and room for a payload, zeroed up to the alignment; returns where the payload starts. */
  #begin(type: number, length: number): number {
    unsigned('attribute type', type, 16)
    const header = this.#length
    this.#length += align(Size.NLATTR + fitting(type, length))
    if (this.#length > this.#run.length) this.#grow()
    if (length % 4 !== 0) putU32(this.#run, this.#length - 4, 0)
    putU16(this.#run, header, Size.NLATTR + length)
    putU16(this.#run, header + 2, type)
    return header + Size.NLATTR
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(2 * this.#length)
    larger.set(this.#run)
    this.#run = larger
  }
}

/** The length, checked against what the 16 bits of `nla_len` can say. */
function fitting(type: number, length: number): number {
  if (length <= MAX_PAYLOAD) return length
  throw new RangeError(`attribute ${type}: ${length} bytes are more than the ${MAX_PAYLOAD} that fit`)
}
