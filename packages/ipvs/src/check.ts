/** Gives back `value`; throws RangeError that names it and the rule when it is no integer from `min` to `max`. */
export function checkInteger(what: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new RangeError(`${what} must be an integer from ${min} to ${max}, not ${value}`)
}

/**
 * Gives back the name of a kernel module's part, such as a scheduler; throws RangeError for any other text.
 *
 * The kernel hands the name to modprobe: only what such names are made of gets that far.
 */
export function checkName(what: string, value: string, maxLength: number): string {
  if (/^[\w-]+$/.test(value) && value.length <= maxLength) return value
  const rule = `1 to ${maxLength} letters, digits, "_" or "-"`
  throw new RangeError(`${what} must be ${rule}, not ${JSON.stringify(value)}`)
}
