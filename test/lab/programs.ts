import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The bundled daemon, as an operator runs it. */
export const LVSCARE: string = built('../../packages/lvscare/dist/lvscare.cjs')

/** A program of the test suite, bundled beside the running one by scripts/build-tests.mjs. */
export function program(name: string): string {
  return built(`./${name}.mjs`)
}

function built(path: string): string {
  const file = fileURLToPath(new URL(path, import.meta.url))
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build`)
  return file
}
