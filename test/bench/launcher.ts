import { chmodSync, copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exec } from '../lab/exec.ts'
import { LVSCARE } from '../lab/programs.ts'

/** Unpacks itself into the folder that LVSCARE_UNPACK names, unless it is there, and becomes node with the bundle. */
const SCRIPT = `#!/bin/sh
set -eu
home=$LVSCARE_UNPACK
if ! [ -e "$home/lvscare.cjs" ]; then
  mkdir -p "$home.$$"
  tail -n +10 -- "$0" | tar -xzf - -C "$home.$$"
  mv "$home.$$" "$home"
fi
exec "$home/node" "$home/lvscare.cjs" "$@"
`

/**
 * What was weighed against the single executable application: a shell script with node, the bundle and koffi packed behind
 * it. Returns its file in the folder.
 */
export function buildLauncher(folder: string): string {
  const content = join(folder, 'content')
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  mkdirSync(content)
  exec('strip', '--strip-all', '-o', join(content, 'node'), process.execPath)
  copyFileSync(LVSCARE, join(content, 'lvscare.cjs'))
  const native = `@koromix/koffi-linux-${process.arch}`
  for (const part of ['koffi/package.json', 'koffi/index.cjs', 'koffi/src', native]) {
    const to = join(content, 'node_modules', part)
    mkdirSync(dirname(to), { recursive: true })
    cpSync(join(modules, part), to, { recursive: true })
  }
  const file = join(folder, 'launcher')
  writeFileSync(file, SCRIPT)
  exec('sh', '-c', 'tar -czf - -C "$1" . >>"$2"', 'pack', content, file)
  chmodSync(file, 0o755)
  return file
}
