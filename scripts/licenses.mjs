// licenses.mjs, at the root of the repository: every package of the lock file has a licence that we may use it under. What
// is installed with our packages, and so what is in the bundle, must be permissive; for development more will do.
// Prints a line for each that is not, exit code 1.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import satisfies from 'spdx-satisfies'

const SHIPPED = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'Unlicense', 'CC0-1.0']
/** Never shipped: tools, and the texts of tools. */
const FOR_DEVELOPMENT = [...SHIPPED, 'BlueOak-1.0.0', 'MPL-2.0', 'Python-2.0', 'CC-BY-3.0', 'CC-BY-4.0']

const read = (file) => JSON.parse(readFileSync(file, 'utf8'))

/** What the package itself says, where the lock file says nothing: older ones have a list of objects. */
function installedLicense(path) {
  const file = join(path, 'package.json')
  if (!existsSync(file)) return undefined
  const { license, licenses } = read(file)
  const names = [license ?? licenses ?? []].flat().map((one) => one.type ?? one)
  return names.length === 0 ? undefined : names.join(' OR ')
}

function isAllowed(license, allowed) {
  try {
    return satisfies(license, allowed)
  } catch {
    // Not an expression of SPDX, such as "SEE LICENSE IN FILE": somebody has to read it.
    return false
  }
}

if (process.argv.length > 2) {
  console.error(`licenses: "${process.argv[2]}": no argument is taken`)
  process.exit(2)
}
const { packages } = read('package-lock.json')
const foreign = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
)
const problems = []
for (const [path, { version, dev = false, license: locked }] of foreign) {
  const license = locked ?? installedLicense(path)
  const what = `${path.slice(path.lastIndexOf('node_modules/') + 13)} ${version}`
  if (license === undefined) problems.push(`${what}: no licence is known`)
  else if (!isAllowed(license, dev ? FOR_DEVELOPMENT : SHIPPED))
    problems.push(`${what}: ${license} is not allowed ${dev ? 'for development' : 'in what we ship'}`)
}

for (const problem of problems) console.error(`licenses: ${problem}`)
if (problems.length > 0) process.exit(1)
const shipped = foreign.filter(([, { dev }]) => dev !== true).length
console.log(
  `licenses: ${shipped} packages that are shipped, ${foreign.length - shipped} for development: all allowed`,
)
