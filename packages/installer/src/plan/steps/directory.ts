import type { NodeHost } from '../../host/host.ts'
import type { PlanStep } from '../step.ts'

/** Makes a directory that is missing. */
export function makeDirectoryStep(host: NodeHost, path: string, mode: number): PlanStep {
  return {
    id: `directory ${path}`,
    kind: 'directory',
    title: `make the directory ${path}`,
    before: undefined,
    after: 'directory',
    reversible: true,
    run: async () => await host.makeDirectory(path, mode),
    undo: async () => await removeIfEmpty(host, path),
  }
}

/** Removes a directory that was made, unless somebody else keeps something in it. */
export function removeDirectoryStep(host: NodeHost, path: string, mode: number): PlanStep {
  return {
    id: `directory ${path}`,
    kind: 'directory',
    title: `remove the directory ${path} if it is empty`,
    before: 'directory',
    after: undefined,
    reversible: true,
    run: async () => await removeIfEmpty(host, path),
    undo: async () => await host.makeDirectory(path, mode),
  }
}

/** Leaves what others keep in it. */
export async function removeIfEmpty(host: NodeHost, path: string): Promise<void> {
  if ((await host.list(path))?.length === 0) await host.remove(path)
}
