import type { FileStat, NodeHost } from '../../host/host.ts'

/** A file with everything that is changed, and given back, of it; `content` is empty for what is no file. */
export interface ObservedFile extends FileStat {
  readonly content: Buffer
}

/** What there is at a path; `undefined`: nothing. */
export async function readObserved(host: NodeHost, path: string): Promise<ObservedFile | undefined> {
  const stat = await host.stat(path)
  if (stat === undefined) return undefined
  if (stat.kind !== 'file') return { ...stat, content: Buffer.alloc(0) }
  const content = await host.readFile(path)
  return content === undefined ? undefined : { ...stat, content }
}

/** What {@link readObserved} gives for the paths at which there is something. */
export async function readAll(
  host: NodeHost,
  paths: Iterable<string>,
): Promise<ReadonlyMap<string, ObservedFile>> {
  const found = await Promise.all(
    [...new Set(paths)].map(async (path) => [path, await readObserved(host, path)] as const),
  )
  return new Map(found.flatMap(([path, file]) => (file === undefined ? [] : [[path, file]])))
}

/** True for the same bytes with the same mode, or nothing on both sides. */
export function sameFile(a: ObservedFile | undefined, b: ObservedFile | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.kind === b.kind && a.mode === b.mode && a.content.equals(b.content)
}

/** A file that is to be. */
export function wantedFile(content: string | Uint8Array, mode: number): ObservedFile {
  return { kind: 'file', mode, content: Buffer.from(content) }
}
