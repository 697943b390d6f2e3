import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  getsockopt: ['int', ['int', 'int', 'int', 'pointer', 'pointer']],
  send: ['long', ['int', 'pointer', 'size_t', 'int']],
  recv: ['long', ['int', 'pointer', 'size_t', 'int']],
  setns: ['int', ['int', 'int']],
  close: ['int', ['int']],
}

/** The opt-in second binding; throws whatever `require('ffi-napi')` throws. It grows with every call: see docs/decisions/0001-ffi.md. */
export function ffiNapiLibc(): Libc {
  const ffi = createRequire(whereToLook())('ffi-napi') as FfiNapi
  return libcFromFunctions('ffi-napi', ffi.Library(null, SIGNATURES), () => ffi.errno())
}

/** `LVSCARE_FFI_PATH` is a directory with a `node_modules` of its own: what needs a compiler is installed apart. */
function whereToLook(): string {
  const directory = process.env['LVSCARE_FFI_PATH']
  return directory ? pathToFileURL(join(directory, 'package.json')).href : import.meta.url
}
