import { type Attribute, DecodeError, readAttributes } from '@lvscare/netlink'

/** Above every attribute of the family that we read. */
const KNOWN_TYPES = 32

/** Attributes of one nest by number; as in the kernel the last one of a number counts, and unknown ones do no harm. */
export class AttributeSet {
  readonly #byType: (Attribute | undefined)[] = []
  readonly #path: string

  private constructor(attributes: readonly Attribute[], path: string) {
    // What we never heard of would only make the list long and thin.
    for (const attribute of attributes)
      if (attribute.type < KNOWN_TYPES) this.#byType[attribute.type] = attribute
    this.#path = path
  }

  /** Reads a run of attributes; throws {@link DecodeError} when one runs over its end. */
  static read(bytes: Uint8Array, path: string): AttributeSet {
    return new AttributeSet(readAttributes(bytes, path), path)
  }

  /** The attribute, or undefined where the kernel did not send it. */
  get(type: number): Attribute | undefined {
    return this.#byType[type]
  }

  /** The attribute; throws {@link DecodeError} where the kernel did not send it. */
  need(type: number): Attribute {
    const attribute = this.get(type)
    if (attribute !== undefined) return attribute
    throw new DecodeError(this.#path, `attribute ${type}`, 'an answer without it')
  }

  /** The attributes inside one that must be there. */
  nest(type: number, path: string): AttributeSet {
    return AttributeSet.read(this.need(type).payload, path)
  }
}
