import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { exec } from './exec.ts'

/** The bundled daemon, as an operator runs it. */
export const LVSCARE: string = built('../../packages/lvscare/dist/lvscare.cjs')

/** A program of the test suite, bundled beside the running one by scripts/build-tests.mjs. */
export function program(name: string): string {
  return built(`./${name}.mjs`)
}

/** The single file, as a host without Node.js runs it. */
export function singleFile(): string {
  const version = exec(process.execPath, LVSCARE, 'version', '--short').trim()
  return built(`../../dist/lvscare-${version}-linux-${process.arch}`, 'npm run single-file')
}

function built(path: string, how = 'npm run build'): string {
  const file = fileURLToPath(new URL(path, import.meta.url))
  if (!existsSync(file)) throw new Error(`${file} is missing: run ${how}`)
  return file
}
