// version.mjs [X.Y.Z], at the root of the repository. The version stands in package.json there. Without an argument: names
// every other place that says another one, exit code 1. With one: writes it everywhere.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const VERSION = /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[0-9A-Za-z][0-9A-Za-z.-]*)?$/
/** Where a text names a version of ours: an image, a file that is downloaded, what the guard says of itself. */
const IN_TEXT = /(\blvscare[:-]|\bguard )(\d+\.\d+\.\d+(?!\.?\d)[\w.-]*)/g
/** Texts that name a version; decisions and changes are of the day on which they were written. */
const TEXTS = ['README.md', 'README.zh-CN.md', 'docs', 'deploy', 'packages/installer/test/pod/configs.ts']
const NOT_TEXTS = /^docs\/decisions\//

const read = (file) => readFileSync(file, 'utf8')
const manifests = readdirSync('packages').map((name) => `packages/${name}/package.json`)
const ours = new Set(manifests.map((file) => JSON.parse(read(file)).name))

function filesOf(path) {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path).flatMap((name) => filesOf(join(path, name)))
}

/** Package, and what it wants of its sisters: exactly this version. */
function setPackage(json, version) {
  json.version = version
  for (const name of Object.keys(json.dependencies ?? {}))
    if (ours.has(name)) json.dependencies[name] = version
}

function setLock(json, version) {
  json.version = version
  for (const [path, entry] of Object.entries(json.packages))
    if (path === '' || path.startsWith('packages/'))
      if (!path.includes('/node_modules/')) setPackage(entry, version)
}

function json(file, set) {
  return {
    file,
    wanted(version) {
      const value = JSON.parse(read(file))
      set(value, version)
      return `${JSON.stringify(value, null, 2)}\n`
    },
  }
}

/** A name that goes on after the version, such as lvscare-0.1.0-amd64.tar, keeps its end. */
function text(file) {
  return {
    file,
    wanted: (version, old) =>
      read(file).replace(IN_TEXT, (_, before, found) => {
        const end = [old, version].find(
          (one) => found.startsWith(one) && !/^\d/.test(found.slice(one.length)),
        )
        return (
          before +
          version +
          (end === undefined ? found.replace(/^\d+\.\d+\.\d+/, '') : found.slice(end.length))
        )
      }),
  }
}

const places = [
  json('package.json', setPackage),
  ...manifests.map((file) => json(file, setPackage)),
  json('package-lock.json', setLock),
  ...TEXTS.flatMap(filesOf)
    .filter((file) => !NOT_TEXTS.test(file) && /\.(?:md|ya?ml|ts|env|service|json)$|Dockerfile/.test(file))
    .map(text),
]

function fail(code, ...lines) {
  for (const line of lines) console.error(`version: ${line}`)
  process.exit(code)
}

const current = JSON.parse(read('package.json')).version
const version = process.argv[2] ?? current
if (process.argv.length > 3) fail(2, `"${process.argv[3]}": only one version is taken`)
if (!VERSION.test(version)) fail(2, `"${version}" is not a version: X.Y.Z, or X.Y.Z-NAME before a release`)

const changed = places
  .map(({ file, wanted }) => ({ file, now: read(file), next: wanted(version, current) }))
  .filter(({ now, next }) => now !== next)
/** Its heading, or while it is being made what Unreleased begins with. */
const changes = read('CHANGELOG.md')
const isTold = [`\n## ${version}`, `\n## Unreleased\n\nWill be ${version}`].some((start) =>
  ['\n', ' ', ':'].some((end) => changes.includes(start + end)),
)
const untold = `CHANGELOG.md has neither "## ${version}" nor "Will be ${version}" below "## Unreleased"`

if (process.argv[2] === undefined) {
  const complaints = changed.map(({ file }) => `${file} does not say ${version} as package.json does`)
  if (!isTold) complaints.push(untold)
  if (complaints.length > 0) fail(1, ...complaints)
  console.log(version)
} else {
  for (const { file, next } of changed) {
    writeFileSync(file, next)
    console.log(file)
  }
  if (!isTold) console.error(`version: ${untold}: write it`)
}
