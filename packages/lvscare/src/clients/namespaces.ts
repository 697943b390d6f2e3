import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../errors.ts'

/** A network namespace of this machine. */
export interface Namespace {
  /** The kernel's own, such as `net:[4026532281]`. */
  readonly name: string
  /** A file that leads there. */
  readonly path: string
}

/** Where {@link listNamespaces} looks. */
export interface NamespaceFolders {
  /** @default '/proc' */
  readonly proc?: string
  /** Where `ip netns` and container runtimes keep the namespaces that they have made. @default '/run/netns' */
  readonly netns?: string
  /** Told of each file that may not be looked at, such as those of other users' processes. @default nobody */
  readonly onSkipped?: (error: unknown) => void
}

/** Files that are asked for at once: the thread pool has four threads, and others need them too. */
const AT_ONCE = 2

/** What a file that leads nowhere any more is refused with: its process has ended, or ended between two questions. */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH'])

/** The network namespaces that processes or `ip netns` hold, each once, without our own. Nothing here blocks. */
export async function listNamespaces({
  proc = '/proc',
  netns = '/run/netns',
  onSkipped = () => {},
}: NamespaceFolders = {}): Promise<Namespace[]> {
  // Not self: for a moment the main thread may be in another namespace, those of the pool never are.
  const own = await stat(join(proc, 'thread-self/ns/net'), { bigint: true })
  const found = new Map<bigint, string>()
  const look = async (path: string): Promise<void> => {
    const file = await stat(path, { bigint: true }).catch(skipAs(undefined, onSkipped))
    // On another file system it is no namespace: `ip netns` leaves empty files behind when it is killed.
    if (file?.dev === own.dev && !found.has(file.ino)) found.set(file.ino, path)
  }
  const paths = [...(await kept(netns, onSkipped)), ...(await processes(proc))]
  for (let at = 0; at < paths.length; at += AT_ONCE)
    await Promise.all(paths.slice(at, at + AT_ONCE).map(look))
  found.delete(own.ino)
  return [...found].map(([inode, path]) => ({ name: nameOf(inode), path }))
}

/**
 * Opens the file of a namespace; nothing when the path leads there no longer, and throws when it may not be opened.
 *
 * The caller closes it: an open file keeps a namespace alive.
 */
export async function openNamespace({ name, path }: Namespace): Promise<FileHandle | undefined> {
  const file = await open(path).catch(goneAs(undefined))
  if (file === undefined) return undefined
  if (nameOf((await file.stat({ bigint: true })).ino) === name) return file
  await file.close()
  return undefined
}

async function kept(folder: string, onSkipped: (error: unknown) => void): Promise<string[]> {
  const names = await readdir(folder).catch(skipAs([], onSkipped))
  return names.map((name) => join(folder, name))
}

async function processes(proc: string): Promise<string[]> {
  const names = await readdir(proc)
  return names.filter((name) => /^\d+$/.test(name)).map((pid) => join(proc, pid, 'ns/net'))
}

function nameOf(inode: bigint): string {
  return `net:[${inode}]`
}

/** `value` for what is gone; anything else is thrown on. */
function goneAs<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (GONE.has(codeOf(error))) return value
    throw error
  }
}

/** `value` for whatever cannot be had; what is not gone is told. */
function skipAs<T>(value: T, onSkipped: (error: unknown) => void): (error: unknown) => T {
  return (error) => {
    if (!GONE.has(codeOf(error))) onSkipped(error)
    return value
  }
}
