// fill-root.mjs TARGET [SBOM]: fills TARGET/runtime and TARGET/guard, the two layers of the image, with all that is in it, and
// writes the list of contents. Same input, same folders: times, modes and order do not depend on the machine.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contents, DOCUMENTS } from './contents.mjs'
import { architecture } from './names.mjs'
import { sbom } from './sbom.mjs'
import { breakdown } from './sizes.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** Puts one entry at its place below its layer, and tells the hash of what it put there. */
function place(target, { layer, path, source, content, link, mode }) {
  const file = join(target, layer, path)
  mkdirSync(dirname(file), { recursive: true })
  if (link !== undefined) {
    symlinkSync(link, file)
    return {}
  }
  if (content === undefined) copyFileSync(source, file)
  else writeFileSync(file, content)
  chmodSync(file, mode)
  const bytes = readFileSync(file)
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }
}

/** The time of everything is the beginning of time, and folders are open to all whatever the umask was. */
function settle(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) settle(path)
    lutimesSync(path, 0, 0)
  }
  chmodSync(folder, 0o755)
  lutimesSync(folder, 0, 0)
}

function fill(target, sbomFile) {
  for (const layer of ['runtime', 'guard']) {
    if (existsSync(join(target, layer))) throw new Error(`${join(target, layer)} is there already`)
  }
  const parts = contents(root).map(({ component, files }) => ({
    component,
    files: files.map((file) => ({ ...file, ...place(target, file) })),
  }))
  const { version } = parts.find(({ component }) => component.name === 'lvscare').component
  const list = `${JSON.stringify(sbom(parts, { name: 'lvscare', version, architecture }), null, 2)}\n`
  const path = join(DOCUMENTS, 'lvscare.cdx.json')
  const placed = place(target, { layer: 'guard', path, content: list, mode: 0o644 })
  if (sbomFile !== undefined) writeFileSync(sbomFile, list)
  for (const layer of ['runtime', 'guard']) settle(join(target, layer))
  process.stdout.write(
    breakdown([...parts.flatMap(({ files }) => files), { part: 'list of contents', ...placed }]),
  )
}

const [target, sbomFile] = process.argv.slice(2)
try {
  if (target === undefined) throw new Error('say where to: fill-root.mjs TARGET [SBOM]')
  fill(resolve(target), sbomFile)
} catch (error) {
  process.stderr.write(`image: ${error.message}\n`)
  process.exitCode = 1
}
