import { type FileCalls, type Owner, sweep, writeAtomic } from '../atomic-write.ts'
import { doingTo } from '../failure.ts'
import type { ExecResult, NodeHost } from '../host.ts'
import { fileStat } from '../local-files.ts'
import { ifThere, type Sftp } from './sftp.ts'

/** What a host does with files. */
export type FileHost = Pick<
  NodeHost,
  'readFile' | 'stat' | 'list' | 'writeFileAtomic' | 'makeDirectory' | 'remove'
>

const ROOT: Owner = { uid: 0, gid: 0 }

/** Runs a program on the other side. */
type Exec = (argv: readonly string[]) => Promise<ExecResult>

/** The files of a node behind SFTP; `open` is asked before every operation. */
export function sftpFiles(name: string, open: () => Promise<Sftp>, exec: Exec): FileHost {
  const on = <T>(verb: string, path: string, work: (sftp: Sftp) => Promise<T>): Promise<T> =>
    doingTo(name, verb, path, async () => await work(await open()))
  return {
    readFile: (path) => on('read', path, (sftp) => ifThere(sftp.read(path))),
    stat: (path) =>
      on('look at', path, async (sftp) => {
        const found = await sftp.lstat(path)
        return found && fileStat(found.mode)
      }),
    list: (path) => on('list', path, (sftp) => list(sftp, path)),
    writeFileAtomic: (path, content, mode) =>
      on('write', path, (sftp) => writeAtomic(sftpFileCalls(sftp, exec), path, content, mode)),
    makeDirectory: (path, mode) => on('make the directory', path, (sftp) => makeDirectory(sftp, path, mode)),
    remove: (path) => on('remove', path, (sftp) => remove(sftp, path, sftpFileCalls(sftp, exec))),
  }
}

/** {@link FileCalls} behind SFTP. */
export function sftpFileCalls(sftp: Sftp, exec: Exec): FileCalls {
  return {
    find: async (path) => {
      const found = await sftp.lstat(path)
      if (found?.isDirectory() === true) throw new Error('there is a directory')
      if (found?.isSymbolicLink() !== true) return { path, owner: found }
      const target = await sftp.ask<string>((calls, done) => calls.realpath(path, done))
      return { path: target, owner: await sftp.lstat(target) }
    },
    create: (path, content, mode, owner) =>
      sftp.withFile(path, 'wx', async (handle) => {
        // A new file is root's: that costs nothing.
        const isRoots = owner === undefined || (owner.uid === 0 && owner.gid === 0)
        const { uid, gid } = owner ?? ROOT
        // Asked at once and begun in this order: a change of owner takes bits of the mode away.
        await Promise.all([
          sftp.write(handle, content),
          ...(isRoots ? [] : [sftp.ask((calls, done) => calls.fchown(handle, uid, gid, done))]),
          sftp.ask((calls, done) => calls.fchmod(handle, mode, done)),
        ])
        await sftp.sync(handle)
      }),
    read: (path) => sftp.read(path),
    overwrite: (path, content, mode) =>
      sftp.withFile(path, 'r+', async (handle) => {
        await sftp.write(handle, content)
        const kept = { size: content.length, ...(mode === undefined ? {} : { mode }) }
        await sftp.ask((calls, done) => calls.fsetstat(handle, kept, done))
        await sftp.sync(handle)
      }),
    rename: (from, to) => rename(sftp, exec, from, to),
    unlink: (path) => ifThere(sftp.ask((calls, done) => calls.unlink(path, done))),
    names: (folder) => names(sftp, folder),
    // SFTP opens no folder for fsync. The file itself is on the disk before it gets its name.
    syncFolder: async () => {},
    mounts: async () => (await sftp.read('/proc/self/mountinfo')).toString(),
  }
}

/** SFTP's own rename takes nobody's place; OpenSSH's extension does, and where a server lacks it, mv. */
async function rename(sftp: Sftp, exec: Exec, from: string, to: string): Promise<void> {
  if (await sftp.askExtension((calls, done) => calls.ext_openssh_rename(from, to, done))) return
  const { code, stderr } = await exec(['mv', '-fT', '--', from, to])
  if (code !== 0) throw new Error(`mv: ${stderr.trim()}`)
}

async function names(sftp: Sftp, folder: string): Promise<string[]> {
  type Entry = { readonly filename: string }
  const entries = await sftp.ask<readonly Entry[]>((calls, done) => calls.readdir(folder, done))
  return entries.map(({ filename }) => filename).filter((name) => name !== '.' && name !== '..')
}

async function list(sftp: Sftp, path: string): Promise<string[] | undefined> {
  const found = await sftp.lstat(path)
  if (found === undefined) return undefined
  if (found.isFile()) throw new Error('not a directory')
  return (await names(sftp, path)).sort()
}

/** Says why, because SFTP itself knows hardly another word than "Failure". */
async function makeDirectory(sftp: Sftp, path: string, mode: number): Promise<void> {
  const found = await sftp.lstat(path)
  if (found?.isDirectory() === true) return
  if (found !== undefined) throw new Error('there is a file')
  await sftp.ask((calls, done) => calls.mkdir(path, done))
  await sftp.ask((calls, done) => calls.chmod(path, mode, done))
}

async function remove(sftp: Sftp, path: string, calls: FileCalls): Promise<void> {
  const found = await sftp.lstat(path)
  if (found?.isDirectory() !== true) {
    if (found !== undefined) await calls.unlink(path)
    await ifThere(sweep(calls, path))
    return
  }
  if ((await names(sftp, path)).length > 0) throw new Error('the directory is not empty')
  await sftp.ask((ask, done) => ask.rmdir(path, done))
}
