/** Bytes from annotated hex: everything after `#` on a line is a comment, white space does not matter. */
export function parseHex(text: string): Uint8Array {
  const digits = text.replace(/#.*$/gm, '').replace(/\s+/g, '')
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) {
    throw new RangeError(`not hexadecimal bytes: ${digits.slice(0, 40)}`)
  }
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}

/** {@link parseHex} as a template tag. */
export function hex(strings: TemplateStringsArray): Uint8Array {
  return parseHex(strings.join(''))
}

/** Lower-case hex of the bytes, in groups of four bytes as attributes are aligned. */
export function toHex(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,8}/g) ?? []
  ).join(' ')
}
