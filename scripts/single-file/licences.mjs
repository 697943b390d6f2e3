// The licences of all that the single file carries: whoever hands it on must hand them on too.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { folderOf, licenceFiles, npmPackage } from '../image/npm.mjs'

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
  const node = `Node.js ${process.version}\n\n${readFileSync(nodeLicence(), 'utf8').trim()}`
  return `${[node, ...parts].join(`\n\n${'='.repeat(80)}\n\n`)}\n`
}

function json(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Where Node.js is installed by a package of a distribution, and where by its own archive. */
function nodeLicence() {
  const prefix = dirname(dirname(process.execPath))
  const places = ['share/doc/nodejs/LICENSE', 'share/doc/node/LICENSE', 'LICENSE'].map((place) =>
    join(prefix, place),
  )
  const found = [process.env.LVSCARE_NODE_LICENSE, ...places].find((path) => path && existsSync(path))
  if (found === undefined)
    throw new Error(`the licence of Node.js is not in ${places.join(', ')}: name it in LVSCARE_NODE_LICENSE`)
  return found
}
