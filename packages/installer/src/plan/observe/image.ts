import type { NodeHost } from '../../host/host.ts'
import { ask } from './ask.ts'

/** The images of containerd that kubelet sees. */
export const CTR = ['ctr', '--namespace', 'k8s.io', 'images'] as const

/** Where containerd does not run, `ctr` would try for ten seconds. */
const LIST = ['ctr', '--connect-timeout', '2s', ...CTR.slice(1), 'list', '--quiet']

/** Is an image in containerd? `undefined`: that cannot be found out. */
export async function hasImage(host: NodeHost, image: string): Promise<boolean | undefined> {
  const found = await imagesNamed(host, image)
  return found && found.length > 0
}

/** What containerd calls an image, whatever we call it; `undefined`: that cannot be found out. */
export async function imagesNamed(host: NodeHost, image: string): Promise<readonly string[] | undefined> {
  const listed = await ask(host, LIST)
  const names = new Set(imageNames(image))
  return listed?.split('\n').filter((name) => names.has(name))
}

/** What containerd may call an image: a short name is one of Docker's registry, and one without a tag is the latest. */
function imageNames(image: string): readonly string[] {
  const names = /[:@][^/]*$/.test(image) ? [image] : [image, `${image}:latest`]
  return names.flatMap((name) => [name, `docker.io/${name}`, `docker.io/library/${name}`])
}
