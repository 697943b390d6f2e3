// The licences of all that the single file carries: whoever hands it on must hand them on too.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderOf, licenceFiles, npmPackage } from '../image/npm.mjs'
import { nodeLicence } from '../node-licence.mjs'

/** One text: that of Node.js, and those of the packages in the bundle and of these folders, by their names. */
export function licences(root, folders) {
  const lock = json(join(root, 'package-lock.json'))
  // A sister package comes into the bundle through its link in node_modules or from its own folder: once is enough.
  const bundled = json(join(root, 'dist/lvscare.ingredients.json')).map(folderOf)
  const parts = [...new Set([...bundled, ...folders])].sort().map((folder) => {
    const { name, version, license } = npmPackage(root, lock, folder)
    const texts = licenceFiles(root, folder).map((file) =>
      readFileSync(join(root, folder, file), 'utf8').trim(),
    )
    return [`${name} ${version} (${license})`, ...texts].join('\n\n')
  })
  const node = `Node.js ${process.version}\n\n${readFileSync(nodeLicence(process.execPath), 'utf8').trim()}`
  return `${[node, ...parts].join(`\n\n${'='.repeat(80)}\n\n`)}\n`
}

function json(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
