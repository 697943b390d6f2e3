// The npm packages that are in the image, by the lock file.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of the package that a file belongs to, as the lock file names it: below `node_modules` or `packages`. */
export function folderOf(file) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+|^packages\/[^/]+/.exec(file)?.[0]
  if (found === undefined) throw new Error(`${file} belongs to no package`)
  return found
}

/** What the lock file and the package itself say of the package in a folder. */
export function npmPackage(root, lock, folder) {
  const locked = lock.packages[folder]
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  if (locked === undefined) throw new Error(`${folder} is not in package-lock.json: run npm install`)
  if (locked.version !== version)
    throw new Error(
      `${folder} is ${version} here and ${locked.version} in package-lock.json: run npm run setup`,
    )
  return { folder, name, version, license, integrity: locked.integrity, needs: locked.dependencies ?? {} }
}

/** The texts that must go where the package goes. */
export function licenceFiles(root, folder) {
  return readdirSync(join(root, folder))
    .filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file))
    .sort()
}
