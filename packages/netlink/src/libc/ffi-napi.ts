import { createRequire } from 'node:module'
import { type CFunctions, libcFromFunctions } from './functions.ts'
import type { Libc } from './libc.ts'

/** What is used of ffi-napi 4 (and of its fork under the same name). */
interface FfiNapi {
  Library(
    path: null,
    functions: Record<string, readonly [result: string, args: readonly string[]]>,
  ): CFunctions
  errno(): number
}

const SIGNATURES: Record<keyof CFunctions, readonly [string, readonly string[]]> = {
  socket: ['int', ['int', 'int', 'int']],
  bind: ['int', ['int', 'pointer', 'uint32']],
  connect: ['int', ['int', 'pointer', 'uint32']],
  getsockname: ['int', ['int', 'pointer', 'pointer']],
  setsockopt: ['int', ['int', 'int', 'int', 'pointer', 'uint32']],
  send: ['long', ['int', 'pointer', 'size_t', 'int']],
  recv: ['long', ['int', 'pointer', 'size_t', 'int']],
  close: ['int', ['int']],
}

/** The opt-in second binding; throws whatever `require('ffi-napi')` throws. It grows with every call: see docs/decisions/0001-ffi.md. */
export function ffiNapiLibc(): Libc {
  const ffi = createRequire(import.meta.url)('ffi-napi') as FfiNapi
  return libcFromFunctions('ffi-napi', ffi.Library(null, SIGNATURES), () => ffi.errno())
}
