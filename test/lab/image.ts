import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { exec } from './exec.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The image of this version, as scripts/image.sh leaves it: an OCI archive. */
export function imageArchive(): string {
  const { version } = JSON.parse(readFileSync(`${ROOT}packages/lvscare/package.json`, 'utf8')) as {
    version: string
  }
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const archive = `${ROOT}dist/lvscare-${version}-${architecture}.oci.tar`
  if (!existsSync(archive)) throw new Error(`${archive} is missing: run npm run image`)
  return archive
}

/** What an image is called. */
export interface ImageName {
  readonly reference: string
  readonly digest: string
}

/** The name under which an archive brings its image, and its digest. */
export function imageIn(archive: string): ImageName {
  const index = JSON.parse(exec('tar', '-xOf', archive, './index.json')) as {
    manifests: { digest: string; annotations: Record<string, string> }[]
  }
  const [image] = index.manifests
  const reference = image?.annotations['org.opencontainers.image.ref.name']
  if (image === undefined || reference === undefined) throw new Error(`${archive} has no image with a name`)
  return { reference, digest: image.digest }
}
