// pack.mjs [FOLDER]: packs the four packages into a folder (default dist/npm), with a file of their checksums, and prints
// the names of the tarballs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [target = join(root, 'dist/npm'), ...more] = process.argv.slice(2)
if (/^(-|$)/.test(target) || more.length > 0) {
  console.error(
    `pack: "${[target, ...more].join(' ')}" is not a folder: one name, which does not begin with "-"`,
  )
  process.exit(2)
}
const folder = resolve(target)

mkdirSync(folder, { recursive: true })
// Tarballs of another version would be installed with these: only our own names go.
const ours = /^lvscare-(netlink-|ipvs-|installer-)?\d.*\.tgz$/
for (const name of readdirSync(folder).filter((one) => ours.test(one))) rmSync(join(folder, name))
// Each package's prepack runs; what it says goes to stderr with npm's own words.
const { status, stdout } = spawnSync(
  'npm',
  ['pack', '--workspaces', '--json', '--pack-destination', folder],
  {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  },
)
if (status !== 0) process.exit(status ?? 1)

const names = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))).map(({ filename }) => filename)
const lines = names.map((name) => {
  const digest = createHash('sha256').update(readFileSync(join(folder, name)))
  return `${digest.digest('hex')}  ${name}\n`
})
writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''))
for (const name of names) console.log(join(folder, name))
