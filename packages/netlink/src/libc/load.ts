import { BindingError } from '../errors.ts'
import { ffiNapiLibc } from './ffi-napi.ts'
import { koffiLibc } from './koffi.ts'
import type { Libc } from './libc.ts'

const BINDINGS: Record<string, () => Libc> = { koffi: koffiLibc, 'ffi-napi': ffiNapiLibc }

/** The names that `LVSCARE_FFI` may hold. */
export const BINDING_NAMES: readonly string[] = Object.keys(BINDINGS)

let loaded: Libc | undefined

/** The binding that `LVSCARE_FFI` names (default koffi), loaded once per process; throws {@link BindingError}. */
export function defaultLibc(): Libc {
  loaded ??= loadLibc(process.env['LVSCARE_FFI'] || 'koffi')
  return loaded
}

/** Loads one binding by its name; throws {@link BindingError} for a name nobody knows or a package that does not load. */
export function loadLibc(name: string): Libc {
  const load = BINDINGS[name]
  if (load === undefined) {
    throw new BindingError(
      `LVSCARE_FFI="${name}" is not a known binding: use one of ${BINDING_NAMES.join(', ')}`,
    )
  }
  try {
    return load()
  } catch (cause) {
    const what = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new BindingError(
      `the FFI binding ${name} does not load (${what}): install it beside lvscare, or ffi-napi in LVSCARE_FFI_PATH`,
      { cause },
    )
  }
}
