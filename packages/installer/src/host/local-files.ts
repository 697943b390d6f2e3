import { lstat, open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path/posix'
import { codeOf } from 'lvscare'
import type { FileCalls, Owner } from './atomic-write.ts'
import type { FileStat } from './host.ts'

/** `undefined` instead of the error that there is no such file. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** What kind of thing mode bits of stat(2) speak of, and its permissions. */
export function fileStat(mode: number): FileStat {
  const kinds: ReadonlyMap<number, FileStat['kind']> = new Map([
    [0o100000, 'file'],
    [0o040000, 'directory'],
  ])
  return { kind: kinds.get(mode & 0o170000) ?? 'other', mode: mode & 0o7777 }
}

/** Rejects when the folder of a path is behind a link that leads out of `root`; empty is the whole machine. */
export async function stayInside(root: string, path: string): Promise<void> {
  if (root === '') return
  const top = await ifThere(realpath(root))
  if (top === undefined) return
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const real = await ifThere(realpath(folder))
    if (real === top || real?.startsWith(`${top}/`) === true) return
    if (real !== undefined) throw new Error(`the link there leads out of ${root}, to ${real}`)
  }
}

/** {@link FileCalls} of this machine. Links must not lead out of `root`. */
export function localFileCalls(root: string): FileCalls {
  return {
    find: async (path) => {
      const found = await ifThere(lstat(path))
      if (found?.isSymbolicLink() !== true) return { path, owner: found }
      const target = await realpath(path)
      const inside = target.startsWith(root === '' ? '/' : `${await realpath(root)}/`)
      if (!inside) throw new Error(`the link there leads out of ${root}, to ${target}`)
      return { path: target, owner: await stat(target) }
    },
    create,
    read: (path) => readFile(path),
    overwrite,
    rename,
    unlink: (path) => ifThere(unlink(path)),
    names: readdir,
    syncFolder: async (folder) => {
      const handle = await open(folder, 'r')
      await handle.sync().finally(() => handle.close())
    },
    mounts: () => readFile('/proc/self/mountinfo', 'utf8'),
  }
}

async function create(path: string, content: Buffer, mode: number, owner: Owner | undefined): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    const { uid, gid } = await handle.stat()
    if (owner !== undefined && (owner.uid !== uid || owner.gid !== gid))
      await handle.chown(owner.uid, owner.gid)
    // After the owner: a change of it takes bits away. Not by open, which the umask takes bits from.
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Cut off after writing, not before: a reader sees an old end rather than nothing. */
async function overwrite(path: string, content: Buffer, mode?: number): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.writeFile(content)
    await handle.truncate(content.length)
    if (mode !== undefined) await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
