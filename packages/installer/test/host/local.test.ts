import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isMountPoint, writeAtomic } from '../../src/host/atomic-write.ts'
import type { NodeHost } from '../../src/host/host.ts'
import { localHost } from '../../src/host/local.ts'
import { localFileCalls } from '../../src/host/local-files.ts'

let root: string
let host: NodeHost

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'installer-'))
  host = localHost({ root })
})
afterEach(() => rm(root, { recursive: true }))

describe('files under a root', () => {
  it('are written with exactly the mode that was asked for, whatever the umask', async () => {
    const umask = process.umask(0o077)
    try {
      await host.makeDirectory('/etc', 0o755)
      await host.writeFileAtomic('/etc/x', 'text', 0o664)
    } finally {
      process.umask(umask)
    }
    expect(await host.stat('/etc')).toEqual({ kind: 'directory', mode: 0o755 })
    expect(await host.stat('/etc/x')).toEqual({ kind: 'file', mode: 0o664 })
    expect(await host.readFile('/etc/x')).toEqual(Buffer.from('text'))
    expect(await host.list('/etc')).toEqual(['x'])
  })

  it('are nothing where there is nothing', async () => {
    await writeFile(join(root, 'file'), '')
    for (const path of ['/x', '/x/y', '/file/y']) {
      expect(await host.readFile(path)).toBeUndefined()
      expect(await host.stat(path)).toBeUndefined()
      expect(await host.list(path)).toBeUndefined()
      await host.remove(path)
    }
  })

  it('are errors that name node, path and reason', async () => {
    await host.makeDirectory('/d', 0o755)
    await host.makeDirectory('/d', 0o700)
    await writeFile(join(root, 'd/file'), '')
    const failed = { name: 'HostError', code: 'ERR_INSTALLER_HOST' }
    await expect(host.writeFileAtomic('/no/x', '', 0o644)).rejects.toMatchObject(failed)
    await expect(host.writeFileAtomic('/d', '', 0o644)).rejects.toThrow(/^this node: cannot write \/d: E/)
    await expect(host.remove('/d')).rejects.toThrow(/^this node: cannot remove \/d: ENOTEMPTY/)
    await expect(host.readFile('/d')).rejects.toThrow(/^this node: cannot read \/d: EISDIR/)
    await expect(host.list('/d/file')).rejects.toThrow(/ENOTDIR/)
    await expect(host.makeDirectory('/d/file', 0o755)).rejects.toThrow(/EEXIST/)
    await expect(host.readFile('etc/hosts')).rejects.toThrow('the path must be absolute, without ".."')
    await expect(host.readFile('/d/../../etc/hosts')).rejects.toThrow('the path must be absolute')
    expect(await readdir(root)).toEqual(['d'])
  })
})

describe('an atomic write', () => {
  it('shows every reader the old text or the new one', async () => {
    const texts = ['a'.repeat(100_000), 'b'.repeat(150_000)]
    await host.writeFileAtomic('/x', texts[0] ?? '', 0o644)
    let writing = true
    const write = async (): Promise<void> => {
      for (let turn = 1; turn <= 50; turn += 1) await host.writeFileAtomic('/x', texts[turn % 2] ?? '', 0o644)
      writing = false
    }
    const read = async (): Promise<void> => {
      while (writing) expect(texts.includes(await readFile(join(root, 'x'), 'latin1'))).toBe(true)
    }
    await Promise.all([write(), read()])
  })

  it('follows a link, and keeps it', async () => {
    await mkdir(join(root, 'run'))
    await writeFile(join(root, 'run/hosts'), 'old')
    await symlink('run/hosts', join(root, 'hosts'))
    await host.writeFileAtomic('/hosts', 'new', 0o644)
    expect(await readFile(join(root, 'run/hosts'), 'utf8')).toBe('new')
    expect(await host.stat('/hosts')).toMatchObject({ kind: 'other' })
  })

  it('does not follow a link out of the root', async () => {
    await symlink('/etc/hosts', join(root, 'hosts'))
    await expect(host.writeFileAtomic('/hosts', 'new', 0o644)).rejects.toThrow('leads out of')
  })

  it('does not follow a link to a folder out of the root, and neither does anything else', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'installer-outside-'))
    try {
      await writeFile(join(outside, 'x'), 'theirs')
      await symlink(outside, join(root, 'etc'))
      await expect(host.writeFileAtomic('/etc/x', 'ours', 0o644)).rejects.toThrow('leads out of')
      await expect(host.makeDirectory('/etc/d/e', 0o755)).rejects.toThrow('leads out of')
      await expect(host.remove('/etc/x')).rejects.toThrow('leads out of')
      expect(await readdir(outside)).toEqual(['x'])
      expect(await readFile(join(outside, 'x'), 'utf8')).toBe('theirs')
    } finally {
      await rm(outside, { recursive: true })
    }
  })

  it.runIf(process.getuid?.() === 0)(
    'keeps the owner, and the bits that a change of owner takes',
    async () => {
      await writeFile(join(root, 'x'), '')
      await chown(join(root, 'x'), 1234, 1235)
      await host.writeFileAtomic('/x', 'new', 0o4755)
      expect(await stat(join(root, 'x'))).toMatchObject({ uid: 1234, gid: 1235, mode: 0o104755 })
    },
  )

  it('removes what a dead installer has left of this file, and nothing else', async () => {
    const left = '.x.0123456789ab.lvscare-installer'
    const foreign = ['.x.swp', '.x.0123456789ab', '.y.0123456789ab.lvscare-installer', '.x.lvscare-installer']
    for (const name of [left, ...foreign]) await writeFile(join(root, name), '')
    await host.writeFileAtomic('/x', '', 0o644)
    expect((await readdir(root)).sort()).toEqual([...foreign, 'x'].sort())
    await writeFile(join(root, left), '')
    await host.remove('/x')
    expect((await readdir(root)).sort()).toEqual(foreign.sort())
  })

  it('fails when another installer writes the same file, and leaves a whole one', async () => {
    const calls = localFileCalls('')
    const path = join(root, 'x')
    const disturbed = {
      ...calls,
      rename: async (from: string, to: string) => {
        await writeAtomic(calls, path, 'theirs', 0o644)
        await calls.rename(from, to)
      },
    }
    await expect(writeAtomic(disturbed, path, 'ours', 0o644)).rejects.toThrow('ENOENT')
    expect(await readFile(path, 'utf8')).toBe('theirs')
    expect(await readdir(root)).toEqual(['x'])
  })
})

describe('an atomic write that cannot rename', () => {
  const busy = async (): Promise<never> => {
    throw Object.assign(new Error('EBUSY: resource busy or locked'), { code: 'EBUSY' })
  }

  it('overwrites a file that is a mount in place, and cuts it off', async () => {
    const path = join(root, 'hosts')
    await writeFile(path, 'a longer text than the next')
    const { ino } = await stat(path)
    const mounts = async (): Promise<string> => `99 88 0:40 /x ${path} rw - ext4 /dev/sda rw\n`
    await writeAtomic({ ...localFileCalls(''), rename: busy, mounts }, path, 'short', 0o640)
    expect(await readFile(path, 'utf8')).toBe('short')
    expect(await stat(path)).toMatchObject({ ino, mode: 0o100640 })
    expect(await readdir(root)).toEqual(['hosts'])
  })

  it('gives a mount its old text back when the disk is full in the middle', async () => {
    const path = join(root, 'hosts')
    const old = 'a text that nobody must lose\n'
    await writeFile(path, old, { mode: 0o600 })
    const calls = localFileCalls('')
    let isFull = true
    const full = {
      ...calls,
      rename: busy,
      mounts: async () => `99 88 0:40 /x ${path} rw - ext4 /dev/sda rw\n`,
      overwrite: async (...[to, content, mode]: Parameters<typeof calls.overwrite>) => {
        if (!isFull) return await calls.overwrite(to, content, mode)
        isFull = false
        await calls.overwrite(to, content.subarray(0, 5))
        throw new Error('ENOSPC: no space left on device')
      },
    }
    await expect(writeAtomic(full, path, `127.0.0.1 new\n${old}`, 0o644)).rejects.toThrow('ENOSPC')
    expect(await readFile(path, 'utf8')).toBe(old)
    expect(await stat(path)).toMatchObject({ mode: 0o100600 })
    expect(await readdir(root)).toEqual(['hosts'])
  })

  it('says when the old text of a mount is lost', async () => {
    const path = join(root, 'hosts')
    await writeFile(path, 'old')
    const broken = {
      ...localFileCalls(''),
      rename: busy,
      mounts: async () => `99 88 0:40 /x ${path} rw - ext4 /dev/sda rw\n`,
      overwrite: async () => Promise.reject(new Error('EIO')),
    }
    await expect(writeAtomic(broken, path, 'new', 0o644)).rejects.toThrow(
      'EIO; and its former text cannot be given back: EIO',
    )
  })

  it('leaves any other file as it is, and nothing beside it', async () => {
    const path = join(root, 'hosts')
    await writeFile(path, 'old')
    await expect(writeAtomic({ ...localFileCalls(''), rename: busy }, path, 'new', 0o644)).rejects.toThrow(
      'EBUSY',
    )
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(root)).toEqual(['hosts'])
  })

  it('says what it could not remove', async () => {
    const calls = {
      ...localFileCalls(''),
      rename: busy,
      unlink: async () => Promise.reject(new Error('EROFS')),
    }
    await expect(writeAtomic(calls, join(root, 'x'), '', 0o644)).rejects.toThrow(
      /^EBUSY.*; and .*\/\.x\.[\da-f]{12}\.lvscare-installer is left behind: EROFS$/,
    )
  })

  it('reads the mounts as the kernel writes them', () => {
    const text =
      '36 35 98:0 /m /etc/hosts rw - ext3 /dev/root rw\n37 35 98:0 / /a\\040b rw - ext3 /dev/root rw\n'
    expect(isMountPoint(text, '/etc/hosts')).toBe(true)
    expect(isMountPoint(text, '/a b')).toBe(true)
    expect(isMountPoint(text, '/etc')).toBe(false)
  })
})

describe('a program', () => {
  it('gets its input and gives code and both streams', async () => {
    const outputs: string[] = []
    const script = 'cat; echo wrong >&2; exit 3'
    const onOutput = (text: string): void => void outputs.push(text)
    const result = await host.exec(['sh', '-c', script], { input: 'ÄÖ\n', onOutput })
    expect(result).toEqual({ code: 3, stdout: 'ÄÖ\n', stderr: 'wrong\n' })
    expect(outputs.join('')).toContain('ÄÖ')
  })

  it('may leave its input unread', async () => {
    expect(await host.exec(['true'], { input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 })
  })

  it('that a signal ended has no code', async () => {
    expect((await host.exec(['sh', '-c', 'kill -9 $$'])).code).toBeUndefined()
  })

  it('that does not exist cannot be run, and its arguments are not told', async () => {
    await expect(host.exec(['no-such-program', 'secret'])).rejects.toThrow(
      /^this node: cannot run no-such-program: there is no such program$/,
    )
  })

  it('is ended with its children after the time limit', async () => {
    const script = `sleep 60 & echo $! >${root}/pid; wait`
    await expect(host.exec(['sh', '-c', script], { timeoutMs: 300 })).rejects.toThrow(
      'did not end within 300 ms',
    )
    const pid = Number(await readFile(join(root, 'pid'), 'utf8'))
    // Gone, or waiting for somebody to ask how it ended.
    await vi.waitFor(async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tZ')
      expect(status).toContain('State:\tZ')
    })
  })

  it('is ended by the signal', async () => {
    const stop = new AbortController()
    const running = host.exec(['sh', '-c', 'echo on; sleep 60'], {
      signal: stop.signal,
      onOutput: () => stop.abort(new Error('enough')),
    })
    await expect(running).rejects.toThrow('the work was stopped')
    await expect(host.exec(['true'], { signal: stop.signal })).rejects.toThrow('enough')
  })

  it('may leave a child behind that keeps its output', async () => {
    expect(await host.exec(['sh', '-c', 'sleep 20 & echo started'])).toMatchObject({
      code: 0,
      stdout: 'started\n',
    })
  })

  it('that nobody may kill is left alone, and that is said', async () => {
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' })
    })
    try {
      const running = host.exec(['sleep', '7'], { timeoutMs: 100 })
      await expect(running).rejects.toThrow('it did not end within 100 ms; it may still run: kill EPERM')
    } finally {
      kill.mockRestore()
    }
  })

  it('that no signal ends is not waited for any more', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const running = expect(host.exec(['sleep', '7'], { timeoutMs: 100 })).rejects.toThrow(
        /it did not end within 100 ms; it may still run$/,
      )
      await vi.advanceTimersByTimeAsync(20_000)
      await running
      expect(kill.mock.calls.map(([, signal]) => signal)).toEqual(['SIGTERM', 'SIGKILL'])
    } finally {
      vi.useRealTimers()
      kill.mockRestore()
    }
  })

  it('is ended when it prints without end', async () => {
    await expect(host.exec(['yes'])).rejects.toThrow('it printed more than 16 MiB, and was ended')
  })
})

describe('a connection', () => {
  it('is opened, or says why not', async () => {
    const server = createServer((socket) => socket.end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const stream = await host.connect('127.0.0.1', port, { timeoutMs: 1000 })
    const text = await stream.setEncoding('utf8').toArray()
    expect(text.join('')).toBe('hello')
    await new Promise((resolve) => server.close(resolve))
    await expect(host.connect('127.0.0.1', port, { timeoutMs: 1000 })).rejects.toThrow(
      /^this node: cannot connect to 127\.0\.0\.1 port \d+: connect ECONNREFUSED/,
    )
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(host.connect('127.0.0.1', port, { timeoutMs: 1000, signal })).rejects.toThrow('enough')
  })
})

describe('the rule', () => {
  it('is refused with what is wrong about its flags', async () => {
    await expect(host.rule.set(['--vs', '10.103.97.2'])).rejects.toMatchObject({
      name: 'HostError',
      message: expect.stringMatching(
        /^this node: cannot set the rule: --vs "10\.103\.97\.2": the port is missing/,
      ),
    })
  })
})
