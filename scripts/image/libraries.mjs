// The shared libraries of programs, as the dynamic loader of this machine finds them.
import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'

/** Where the loader looks without being told: a library from elsewhere would not be found in the image. */
const STANDARD = /^(?:\/usr)?\/lib(?:32|64)?\//

/** What the loader says it would load for a program or a library, the loader itself included: its name there, and the file behind it. */
export function librariesOf(files) {
  const found = files.flatMap((file) => loaded(execFileSync('ldd', [file], { encoding: 'utf8' }), file))
  return [...new Set(found)].sort().map((path) => ({ path, source: realpathSync(path) }))
}

/** The paths in what ldd prints; a library that is missing or in an unusual place is an error. */
export function loaded(text, file) {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('linux-vdso'))
    .map((line) => {
      const path = /^(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1]
      if (path === undefined) throw new Error(`${file}: the loader says "${line}"`)
      if (!STANDARD.test(path))
        throw new Error(`${file} needs ${path}: only libraries below /lib and /usr/lib are found in an image`)
      return path
    })
}
