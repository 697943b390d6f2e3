/** A value that is text and says something; throws RangeError. */
export function textRule(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError('must be text')
  if (value === '') throw new RangeError('needs a value')
  if (value.includes('\0')) throw new RangeError('must not contain a NUL')
  return value
}
