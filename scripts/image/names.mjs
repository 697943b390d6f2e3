// Names of the image and its files; as a program, names.mjs prints one of them.
import { readFileSync } from 'node:fs'

/** The processor, as images name it. */
export const architecture = { x64: 'amd64' }[process.arch] ?? process.arch

const about = JSON.parse(
  readFileSync(new URL('../../packages/lvscare/package.json', import.meta.url), 'utf8'),
)
const repository = about.repository?.url ?? about.repository

/** What the image says of itself: https://github.com/opencontainers/image-spec/blob/main/annotations.md. */
const LABELS = {
  title: about.name,
  description: about.description,
  version: about.version,
  licenses: about.license,
  ...(repository === undefined ? {} : { source: repository.replace(/^git\+/, '').replace(/\.git$/, '') }),
}

const answers = {
  version: () => [about.version],
  architecture: () => [architecture],
  labels: () => Object.entries(LABELS).map(([name, value]) => `org.opencontainers.image.${name}=${value}`),
}

if (process.argv[1] === import.meta.filename) {
  for (const line of answers[process.argv[2]]()) console.log(line)
}
