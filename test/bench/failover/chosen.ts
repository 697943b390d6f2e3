/** Those that the environment names, or the usual ones. */
export function chosen<T extends { readonly name: string }>(
  all: readonly T[],
  variable: string,
  usual: readonly T[] = all,
): readonly T[] {
  const names = process.env[variable]?.split(/[ ,]+/).filter((name) => name !== '')
  const unknown = names?.find((name) => !all.some((one) => one.name === name))
  if (unknown !== undefined) throw new RangeError(`${variable}: "${unknown}" is none of them`)
  return names === undefined ? usual : all.filter(({ name }) => names.includes(name))
}
