import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { codeOf } from 'lvscare'
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp

/**
 * Answers SFTP from this machine's files, as the bare protocol has it: no extension, and rename takes nobody's place.
 *
 * `root` is a folder that stands for `/`.
 */
export function serveSftp(sftp: SFTPWrapper, root = ''): void {
  const at = (path: string): string => root + path
  const folders = new Map<number, string[]>()
  let next = 1_000_000

  /** Does it, and answers with what the error of the system is in SFTP. */
  const answer = (id: number, work: () => void): void => {
    try {
      work()
    } catch (error) {
      const missing = ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')
      sftp.status(id, missing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE)
    }
  }
  const done = (id: number, work: () => void): void =>
    answer(id, () => {
      work()
      sftp.status(id, STATUS_CODE.OK)
    })
  const fd = (handle: Buffer): number => handle.readUInt32BE(0)
  const handleOf = (number: number): Buffer => {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(number)
    return handle
  }

  sftp.on('OPEN', (id, path, flags, attrs) =>
    answer(id, () => {
      const text = flags & OPEN_MODE.EXCL ? 'wx' : flags & OPEN_MODE.WRITE ? 'r+' : 'r'
      sftp.handle(id, handleOf(openSync(at(path), text, attrs.mode)))
    }),
  )
  sftp.on('READ', (id, handle, offset, length) =>
    answer(id, () => {
      const buffer = Buffer.alloc(length)
      const read = readSync(fd(handle), buffer, 0, length, offset)
      if (read === 0) sftp.status(id, STATUS_CODE.EOF)
      else sftp.data(id, buffer.subarray(0, read))
    }),
  )
  sftp.on('WRITE', (id, handle, offset, data) =>
    done(id, () => writeSync(fd(handle), data, 0, data.length, offset)),
  )
  sftp.on('CLOSE', (id, handle) =>
    done(id, () => {
      if (!folders.delete(fd(handle))) closeSync(fd(handle))
    }),
  )
  sftp.on('FSETSTAT', (id, handle, attrs) =>
    done(id, () => {
      if (attrs.size !== undefined) ftruncateSync(fd(handle), attrs.size)
      if (attrs.mode !== undefined) fchmodSync(fd(handle), attrs.mode)
    }),
  )
  sftp.on('FSTAT', (id, handle) => answer(id, () => sftp.attrs(id, attributes(fstatSync(fd(handle))))))
  sftp.on('LSTAT', (id, path) => answer(id, () => sftp.attrs(id, attributes(lstatSync(at(path))))))
  sftp.on('SETSTAT', (id, path, attrs) =>
    done(id, () => {
      if (attrs.mode !== undefined) chmodSync(at(path), attrs.mode)
    }),
  )
  sftp.on('OPENDIR', (id, path) =>
    answer(id, () => {
      const names = ['.', '..', ...readdirSync(at(path))]
      next += 1
      folders.set(next, names)
      sftp.handle(id, handleOf(next))
    }),
  )
  sftp.on('READDIR', (id, handle) =>
    answer(id, () => {
      const names = folders.get(fd(handle))?.splice(0) ?? []
      if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF)
      const attrs = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 }
      sftp.name(
        id,
        names.map((filename) => ({ filename, longname: filename, attrs })),
      )
    }),
  )
  sftp.on('MKDIR', (id, path) => done(id, () => mkdirSync(at(path))))
  sftp.on('RMDIR', (id, path) => done(id, () => rmdirSync(at(path))))
  sftp.on('REMOVE', (id, path) => done(id, () => unlinkSync(at(path))))
  sftp.on('RENAME', (id, from, to) =>
    done(id, () => {
      if (existsSync(at(to))) throw new Error('there is a file')
      renameSync(at(from), at(to))
    }),
  )
  sftp.on('REALPATH', (id, path) =>
    answer(id, () => {
      const real = realpathSync(at(path))
      const filename = real.slice(root.length)
      sftp.name(id, [{ filename, longname: filename, attrs: attributes(lstatSync(real)) }])
    }),
  )
}

function attributes({ mode, uid, gid, size }: Stats): Attributes {
  return { mode, uid, gid, size, atime: 0, mtime: 0 }
}
