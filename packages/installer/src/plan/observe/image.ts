import type { NodeHost } from '../../host/host.ts'
import { ask } from './ask.ts'

/** The images of containerd that kubelet sees. */
export const CTR = ['ctr', '--namespace', 'k8s.io', 'images'] as const

/** Is an image in containerd? `undefined`: that cannot be found out. */
export async function hasImage(host: NodeHost, image: string): Promise<boolean | undefined> {
  const listed = await ask(host, [...CTR, 'list', '--quiet'])
  return listed === undefined
    ? undefined
    : imageNames(image).some((name) => listed.split('\n').includes(name))
}

/** What containerd may call an image: a short name is one of Docker's registry. */
function imageNames(image: string): readonly string[] {
  return [image, `docker.io/${image}`, `docker.io/library/${image}`]
}
