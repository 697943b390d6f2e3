import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path/posix'
import { messageOf } from 'lvscare'

/** Whose a file is. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** The few calls that an atomic write is made of, of a file system here or behind SFTP. */
export interface FileCalls {
  /** The path itself, or what the link there leads to, and whose it is if it exists. */
  find(path: string): Promise<{ readonly path: string; readonly owner: Owner | undefined }>
  /** Makes a file that must not exist yet, whole and on the disk. */
  create(path: string, content: Buffer, mode: number, owner: Owner | undefined): Promise<void>
  /** The content of a file. */
  read(path: string): Promise<Buffer>
  /** Replaces the content of a file without making a new one, and its mode where one is given. */
  overwrite(path: string, content: Buffer, mode?: number): Promise<void>
  /** Takes the place of whatever file is there. */
  rename(from: string, to: string): Promise<void>
  /** Nothing there is fine. */
  unlink(path: string): Promise<void>
  /** The names in a folder. */
  names(folder: string): Promise<readonly string[]>
  /** Brings a change of names to the disk, where that can be asked for. */
  syncFolder(folder: string): Promise<void>
  /** The text of /proc/self/mountinfo. */
  mounts(): Promise<string>
}

/** Ends the names of files that are not finished. */
const UNFINISHED = '.lvscare-installer'

/**
 * Writes a file by way of a dotfile in the same folder, fsync and rename; a link is followed, the owner stays.
 *
 * A file that is a mount of its own, as /etc/hosts is in a container, cannot be replaced (rename gives EBUSY): it alone is
 * overwritten in place, and a reader may then see half of it.
 */
export async function writeAtomic(
  calls: FileCalls,
  path: string,
  content: string | Uint8Array,
  mode: number,
): Promise<void> {
  const { path: target, owner } = await calls.find(path)
  const bytes = Buffer.from(content)
  try {
    await replace(calls, target, async (unfinished) => await calls.create(unfinished, bytes, mode, owner))
  } catch (error) {
    // Where nobody tells the mounts, the first error is the one to know.
    const mounts = await calls.mounts().catch(() => '')
    if (!isMountPoint(mounts, target)) throw error
    await overwrite(calls, target, bytes, mode)
  }
}

/** On a disk that is full the new text may end in the middle: the old one is given back then, for which there was room. */
async function overwrite(calls: FileCalls, target: string, bytes: Buffer, mode: number): Promise<void> {
  const former = await calls.read(target)
  try {
    await calls.overwrite(target, bytes, mode)
  } catch (error) {
    await calls.overwrite(target, former).catch((cause: unknown) => {
      const lost = `and its former text cannot be given back: ${messageOf(cause)}`
      throw new Error(`${messageOf(error)}; ${lost}`, { cause: error })
    })
    throw error
  }
}

/**
 * Removes what an installer that died has left of a file; not its `own` one.
 *
 * One that is writing it just now fails at its rename, which names the file: never do two of them mix their bytes.
 */
export async function sweep(calls: FileCalls, path: string, own?: string): Promise<void> {
  const folder = dirname(path)
  const names = await calls.names(folder)
  for (const name of names)
    if (isUnfinished(name, basename(path)) && name !== own) await calls.unlink(join(folder, name))
}

/** True for a mount whose mount point is this path: proc(5), /proc/pid/mountinfo, fifth field. */
export function isMountPoint(mountinfo: string, path: string): boolean {
  return mountinfo.split('\n').some((line) => unescaped(line.split(' ')[4] ?? '') === path)
}

async function replace(
  calls: FileCalls,
  target: string,
  create: (unfinished: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(target)
  // A dotfile: kubelet takes every other file in its folder for a manifest.
  const own = `.${basename(target)}.${randomBytes(6).toString('hex')}${UNFINISHED}`
  const unfinished = join(folder, own)
  try {
    // At the same time: over SSH each of them is several round trips.
    await allDone([create(unfinished), sweep(calls, target, own)])
    await calls.rename(unfinished, target)
  } catch (error) {
    await calls.unlink(unfinished).catch((cause: unknown) => {
      const left = `and ${unfinished} is left behind: ${messageOf(cause)}`
      throw new Error(`${messageOf(error)}; ${left}`, { cause: error })
    })
    throw error
  }
  await calls.syncFolder(folder)
}

/** Waits for all of them, and then throws the first failure: none goes on while another is being taken back. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work)
  await Promise.all(work)
}

function isUnfinished(name: string, of: string): boolean {
  const [begin, end] = [`.${of}.`, UNFINISHED]
  if (!name.startsWith(begin) || !name.endsWith(end)) return false
  return /^[\da-f]{12}$/.test(name.slice(begin.length, -end.length))
}

/** The kernel writes blank, tab, newline and backslash as three octal digits. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}
