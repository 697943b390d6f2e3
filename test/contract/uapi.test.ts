import { describe, expect, it } from 'vitest'
import { findCompiler, readUapi, skipReason, type Uapi } from './support/uapi.ts'
import { CONSTANTS, EXPORTED, headerNames, SIZES } from './support/uapi-table.ts'

const compiler = findCompiler()
const reason = skipReason(compiler)
const EMPTY: Uapi = { constants: {}, sizes: {}, offsets: {} }
const uapi = compiler === undefined ? EMPTY : readUapi(compiler)

describe.skipIf(reason !== undefined)(
  `constants and the kernel's headers${reason ? ` (${reason})` : ''}`,
  () => {
    it.each(CONSTANTS)('$prefix* are printed by uapi.c and have the same values', (row) => {
      const ours = headerNames(row)
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(pick(uapi.constants, ours)))
    })

    it.each(SIZES)('sizes $except are those of the headers', (row) => {
      const ours = headerNames(row)
      expect(Object.fromEntries(ours)).toEqual(
        Object.fromEntries(pick({ ...uapi.sizes, ...uapi.offsets }, ours)),
      )
    })

    it('uapi.c prints no constant that nobody uses', () => {
      const used = new Set(CONSTANTS.flatMap(headerNames).map(([name]) => name))
      expect(Object.keys(uapi.constants).filter((name) => !used.has(name))).toEqual([])
    })

    it('every exported object of numbers is in the table', () => {
      const rows = [...CONSTANTS, ...SIZES].map(({ object }) => object)
      const inTable = new Set<unknown>(rows.flatMap((object) => [object, ...Object.values(object)]))
      const missing = EXPORTED.filter(([, value]) => !inTable.has(value))
      expect(missing.map(([name]) => name)).toEqual([])
    })
  },
)

function pick(
  from: Readonly<Record<string, number | string>>,
  ours: readonly (readonly [string, unknown])[],
): (readonly [string, number | string])[] {
  return ours.map(([name]) => [name, from[name] ?? 'not printed by native/uapi.c'] as const)
}
