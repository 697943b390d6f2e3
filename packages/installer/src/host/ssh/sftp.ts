import { messageOf } from 'lvscare'
import type { SFTPWrapper, Stats } from 'ssh2'
import type { Limits, SshSession } from './session.ts'

/** Larger files are none of ours, and a device has no end at all. In bytes. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

/** What every server takes in one request, in bytes. */
const CHUNK_BYTES = 32_000

/** Chunks of a write that wait for their answers at a time: the time limit of each begins when it is sent, not long before. */
const CHUNKS_UNDER_WAY = 32

/** SSH_FX_NO_SUCH_FILE. */
const NO_SUCH_FILE = 2

/** What SFTP calls with the outcome of a request. */
export type Callback<T> = (error: Error | null | undefined, value: T) => void

/** File operations behind SFTP, each as a promise that a lost connection or a time limit ends. */
export class Sftp {
  readonly #session: SshSession
  readonly #sftp: SFTPWrapper
  readonly #limits: Limits
  readonly #closed = new WeakSet<Buffer>()

  private constructor(session: SshSession, sftp: SFTPWrapper, limits: Limits) {
    this.#session = session
    this.#sftp = sftp
    this.#limits = limits
  }

  /** Opens the subsystem; `onClose` is called when the other side ends it. */
  static async open(session: SshSession, limits: Limits, onClose: () => void): Promise<Sftp> {
    const sftp = await session.ask<SFTPWrapper>(limits, (resolve, reject) => {
      session.client.sftp((error, opened) => (error === undefined ? resolve(opened) : reject(refused(error))))
    })
    sftp.on('close', onClose)
    return new Sftp(session, sftp, limits)
  }

  /** One request. */
  async ask<T = void>(start: (sftp: SFTPWrapper, done: Callback<T>) => void): Promise<T> {
    return await this.#session.ask<T>(this.#limits, (resolve, reject) => {
      start(this.#sftp, (error, value) => (error == null ? resolve(value) : reject(error)))
    })
  }

  /** One request of an extension; false where the server does not have it. */
  async askExtension(start: (sftp: SFTPWrapper, done: Callback<void>) => void): Promise<boolean> {
    try {
      // ssh2 throws, before it asks anything, when the server did not announce the extension.
      await this.ask(start)
      return true
    } catch (error) {
      if (messageOf(error) === 'Server does not support this extended request') return false
      throw error
    }
  }

  async lstat(path: string): Promise<Stats | undefined> {
    return await ifThere(this.ask<Stats>((sftp, done) => sftp.lstat(path, done)))
  }

  /** Works with an open file, and closes it. */
  async withFile<T>(
    path: string,
    flags: 'r' | 'r+' | 'wx',
    work: (handle: Buffer) => Promise<T>,
  ): Promise<T> {
    const handle = await this.ask<Buffer>((sftp, done) => sftp.open(path, flags, { mode: 0o600 }, done))
    try {
      return await work(handle)
    } finally {
      this.#closed.add(handle)
      await this.ask((sftp, done) => sftp.close(handle, done))
    }
  }

  /** To the end, not to the size: files of /proc have none. */
  async read(path: string): Promise<Buffer> {
    return await this.withFile(path, 'r', async (handle) => {
      const chunks: Buffer[] = []
      for (let at = 0; ; ) {
        const chunk = await this.#readAt(handle, at)
        if (chunk.length === 0) return Buffer.concat(chunks)
        chunks.push(chunk)
        at += chunk.length
        if (at > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`)
      }
    })
  }

  /** From the beginning on, in order; the next chunk is sent when one of those under way is answered. */
  async write(handle: Buffer, content: Buffer): Promise<void> {
    let next = 0
    const sendOn = async (): Promise<void> => {
      // When something fails the handle is closed, and the server may give it to another file.
      while (next < content.length && !this.#closed.has(handle)) {
        const at = next
        next += CHUNK_BYTES
        await this.#writeAt(handle, content, at)
      }
    }
    await Promise.all(Array.from({ length: CHUNKS_UNDER_WAY }, sendOn))
  }

  /** Brings a file to the disk, where the server has the extension for it. */
  async sync(handle: Buffer): Promise<void> {
    await this.askExtension((sftp, done) => sftp.ext_openssh_fsync(handle, (error) => done(error)))
  }

  /** One chunk, which stands at the same place in the content and in the file. */
  async #writeAt(handle: Buffer, content: Buffer, at: number): Promise<void> {
    const length = Math.min(CHUNK_BYTES, content.length - at)
    await this.ask((sftp, done) => sftp.write(handle, content, at, length, at, (error) => done(error)))
  }

  /** Nothing at the end of the file. */
  async #readAt(handle: Buffer, at: number): Promise<Buffer> {
    const buffer = Buffer.alloc(CHUNK_BYTES)
    const length = await this.ask<number>((sftp, done) =>
      sftp.read(handle, buffer, 0, CHUNK_BYTES, at, (error, bytes) => done(error, bytes)),
    )
    return buffer.subarray(0, length)
  }
}

function refused(error: Error): Error {
  const setting = 'the sshd there needs "Subsystem sftp internal-sftp" in its sshd_config'
  return new Error(`no SFTP (${messageOf(error)}): ${setting}`, { cause: error })
}

/** `undefined` instead of the error that there is no such file. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (statusOf(error) === NO_SUCH_FILE) return undefined
    throw error
  }
}

/** The status code of SFTP that an error carries. */
function statusOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
