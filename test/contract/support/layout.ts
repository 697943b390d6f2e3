import { endianness } from 'node:os'
import type { Uapi } from './uapi.ts'

const LITTLE = endianness() === 'LE'

/** The width of a field in bytes, and the value to put there. */
export type Field = readonly [width: 1 | 2 | 4 | 8, value: number]

/** Builds structures where the C compiler puts their fields, and remembers which of those were asked for. */
export class Layout {
  readonly #uapi: Uapi
  readonly #used = new Set<string>()

  constructor(uapi: Uapi) {
    this.#uapi = uapi
  }

  /** A whole structure; fields that are not named are zero. */
  struct(type: string, fields: Readonly<Record<string, Field>>): Uint8Array {
    const bytes = new Uint8Array(this.size(type))
    for (const [name, [width, value]] of Object.entries(fields)) {
      this.put(bytes, this.offset(type, name), width, value)
    }
    return bytes
  }

  /** `sizeof(type)`. */
  size(type: string): number {
    return this.#find(this.#uapi.sizes, type)
  }

  /** `offsetof(type, field)`. */
  offset(type: string, field: string): number {
    return this.#find(this.#uapi.offsets, `${type}.${field}`)
  }

  /** Writes a number in host byte order. */
  put(bytes: Uint8Array, at: number, width: Field[0], value: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (width === 8) view.setBigInt64(at, BigInt(value), LITTLE)
    else if (width === 4) view.setInt32(at, value, LITTLE)
    else if (width === 2) view.setInt16(at, value, LITTLE)
    else view.setInt8(at, value)
  }

  /** What uapi.c prints and nobody asked for. */
  unused(): string[] {
    const printed = [...Object.keys(this.#uapi.sizes), ...Object.keys(this.#uapi.offsets)]
    return printed.filter((name) => !this.#used.has(name))
  }

  #find(table: Readonly<Record<string, number>>, name: string): number {
    const value = table[name]
    if (value === undefined) throw new Error(`${name} is not printed by native/uapi.c`)
    this.#used.add(name)
    return value
  }
}
