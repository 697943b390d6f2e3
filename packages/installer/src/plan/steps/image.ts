import { CheckError } from '../../errors.ts'
import type { NodeHost } from '../../host/host.ts'
import { ASK_MS, unlessUnknown } from '../observe/ask.ts'
import { CTR, hasImage, imagesNamed } from '../observe/image.ts'
import type { PlanStep } from '../step.ts'
import { run } from './kernel.ts'

/**
 * Imports the image of the guard from a file of the node.
 *
 * It is taken away again only when it `isNew`: one that may have been there before is not ours to remove.
 */
export function importImageStep(
  host: NodeHost,
  { image, archive, isNew }: { readonly image: string; readonly archive: string; readonly isNew: boolean },
): PlanStep {
  return {
    id: `image ${image}`,
    kind: 'image',
    title: `import the image ${image} from ${archive}`,
    before: undefined,
    after: image,
    reversible: isNew,
    run: async (signal) => {
      await run(host, [...CTR, 'import', archive], signal)
      if ((await hasImage(host, image)) === true) return
      throw new CheckError(
        `${host.name}: the archive ${archive} has no image ${image}: set "image" to what it has`,
      )
    },
    ...(isNew ? { undo: async () => await removeImage(host, image) } : {}),
  }
}

/** Removes an image that was imported. */
export function removeImageStep(host: NodeHost, image: string): PlanStep {
  return {
    id: `image ${image}`,
    kind: 'image',
    title: `remove the image ${image}`,
    before: image,
    after: undefined,
    reversible: false,
    run: async (signal) => await removeImage(host, image, signal),
  }
}

/** Images go with containerd; where that has gone, an uninstall would never come to its end. */
async function removeImage(host: NodeHost, image: string, signal?: AbortSignal): Promise<void> {
  if ((await unlessUnknown(() => host.exec(['ctr', '--version'], { timeoutMs: ASK_MS }))) === undefined)
    return
  const names = (await imagesNamed(host, image)) ?? [image]
  for (const name of names) await run(host, [...CTR, 'remove', name], signal)
}
