// What is in the image: every file, where it comes from, and the component that it belongs to.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { nodeLicence } from '../node-licence.mjs'
import { packageOf } from './debian.mjs'
import { librariesOf } from './libraries.mjs'
import { folderOf, licenceFiles, npmPackage } from './npm.mjs'

/** Where documents are in the image. */
export const DOCUMENTS = 'usr/share/doc/lvscare'

const PROGRAM = 'usr/lib/lvscare/lvscare.cjs'

/**
 * The files of the image and its components. The layer `runtime` changes with Node.js and the libraries, `guard` with every
 * version of lvscare: who has the former does not fetch it again.
 */
export function contents(root, node = process.execPath) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const koffi = koffiParts(root, lock)
  return [
    nodePart(node),
    ...libraryParts([node, ...koffi.natives]),
    ...koffi.parts,
    ...bundleParts(root, lock),
  ]
}

/** Node.js: the program, and its licence, which covers all that it brings. */
function nodePart(node) {
  return {
    component: { kind: 'node', name: 'node', version: process.versions.node, brings: process.versions },
    files: [
      { layer: 'runtime', part: 'node', path: 'usr/bin/node', source: node, mode: 0o755 },
      licenceEntry('runtime', 'node', nodeLicence(node)),
    ],
  }
}

/** The libraries by the Debian packages that they come from. */
function libraryParts(programs) {
  const parts = new Map()
  for (const { path, source } of librariesOf(programs)) {
    const found = packageOf(source)
    if (found === undefined)
      throw new Error(`${source}: no Debian package has it, so nobody knows its version and licence`)
    const { copyright, ...debian } = found
    const licence = licenceEntry('runtime', debian.name, copyright)
    const part = parts.get(debian.name) ?? { component: { kind: 'debian', ...debian }, files: [licence] }
    // The loader is a program too.
    part.files.push({ layer: 'runtime', part: 'libraries', path: path.slice(1), source, mode: 0o755 })
    parts.set(debian.name, part)
  }
  return [...parts.values()]
}

/** koffi as it is loaded here: its files for this processor and libc, and nothing else of it. */
function koffiParts(root, lock) {
  const require = createRequire(join(root, 'packages/netlink/package.json'))
  require('koffi')
  const loaded = Object.keys(require.cache).map((file) => relative(root, file))
  const files = loaded.filter((file) => /(?:^|\/)node_modules\/(?:koffi|@koromix)\//.test(file)).sort()
  const folders = [...new Set(files.map(folderOf))].sort()
  const parts = folders.map((folder) => ({
    component: { kind: 'npm', scope: 'koffi', ...npmPackage(root, lock, folder) },
    files: [
      ...[join(folder, 'package.json'), ...files.filter((file) => folderOf(file) === folder)].map((file) =>
        koffiEntry(root, file),
      ),
      // The packages for one platform have none of their own.
      ...licencesOf(root, folder, licenceFiles(root, folder).length > 0 ? folder : 'node_modules/koffi'),
    ],
  }))
  return { parts, natives: files.filter((file) => file.endsWith('.node')).map((file) => join(root, file)) }
}

function koffiEntry(root, file) {
  const path = join(dirname(PROGRAM), file.slice(file.indexOf('node_modules/')))
  return { layer: 'guard', part: 'koffi', path, source: join(root, file), mode: 0o644 }
}

/** The bundle, and the packages of which something is in it. */
function bundleParts(root, lock) {
  const ingredients = JSON.parse(readFileSync(join(root, 'dist/lvscare.ingredients.json'), 'utf8'))
  const folders = [...new Set(ingredients.map(folderOf))].sort()
  return folders.map((folder) => ({
    component: { kind: 'npm', scope: 'bundle', ...npmPackage(root, lock, folder) },
    files: [
      ...(folder === 'packages/lvscare' ? programEntries(root) : []),
      ...licencesOf(root, folder, folder.startsWith('packages/') ? '.' : folder),
    ],
  }))
}

function programEntries(root) {
  const bundle = join(root, 'packages/lvscare/dist/lvscare.cjs')
  // There is no env in the image.
  const content = readFileSync(bundle, 'utf8').replace(/^#!.*/, '#!/usr/bin/node')
  return [
    { layer: 'guard', part: 'bundle', path: PROGRAM, content, mode: 0o755 },
    { layer: 'guard', part: 'bundle', path: 'usr/bin/lvscare', link: '../lib/lvscare/lvscare.cjs' },
  ]
}

function licencesOf(root, folder, where) {
  const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const texts = licenceFiles(root, where)
  if (texts.length === 0) throw new Error(`${name} has no licence text in ${join(root, where)}`)
  return texts.map((file) => licenceEntry('guard', name, join(root, where, file)))
}

function licenceEntry(layer, name, source) {
  const path = join(DOCUMENTS, 'licenses', name, basename(source))
  return { layer, part: 'licences', path, source, mode: 0o644 }
}
