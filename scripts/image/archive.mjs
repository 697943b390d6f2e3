// archive.mjs FILE: what an OCI archive says of itself: reference, digest, configuration and size.
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'

const MIB = 1024 * 1024

/** One file in the archive. */
export function member(archive, name) {
  return execFileSync('tar', ['-xOf', archive, `./${name}`], { maxBuffer: 512 * MIB })
}

/** The one image in an archive: its name, digest, manifest and configuration. */
export function imageOf(archive) {
  const json = (name) => JSON.parse(member(archive, name).toString('utf8'))
  const [only, ...more] = json('index.json').manifests
  if (only === undefined || more.length > 0) throw new Error(`${archive} must have one image in it`)
  const manifest = json(blob(only.digest))
  return {
    reference: only.annotations['org.opencontainers.image.ref.name'],
    digest: only.digest,
    manifest,
    config: json(blob(manifest.config.digest)),
  }
}

/** Where the archive has what has a digest. */
export function blob(digest) {
  return `blobs/${digest.replace(':', '/')}`
}

if (process.argv[1] === import.meta.filename) {
  const [archive] = process.argv.slice(2)
  const { reference, digest, manifest } = imageOf(archive)
  const mib = (bytes) => `${(bytes / MIB).toFixed(2)} MiB`
  console.log(`archive   ${archive} (${mib(statSync(archive).size)})`)
  console.log(`reference ${reference}`)
  console.log(`digest    ${digest}`)
  for (const [index, { size }] of manifest.layers.entries()) {
    console.log(`layer ${index + 1}   ${mib(size)} compressed`)
  }
}
