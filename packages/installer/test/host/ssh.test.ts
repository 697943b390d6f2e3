import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NodeHost } from '../../src/host/host.ts'
import { fingerprint } from '../../src/host/known-hosts.ts'
import { commandLine } from '../../src/host/ssh/command-line.ts'
import type { SshOptions } from '../../src/host/ssh/options.ts'
import { SshSession } from '../../src/host/ssh/session.ts'
import { Sftp } from '../../src/host/ssh/sftp.ts'
import { sshHost } from '../../src/host/ssh.ts'
import { HAS_OPENSSH, TestSshd, type TestSshdOptions } from './ssh-server.ts'

let folder: string
const closers: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'installer-'))
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(folder, { recursive: true })
})

async function sshd(options: TestSshdOptions = {}): Promise<TestSshd> {
  const server = await TestSshd.start(options)
  closers.push(() => server.stop())
  return server
}

function signIn(server: TestSshd, more: Partial<SshOptions> = {}): SshOptions {
  const { port, privateKey, knownHosts } = server
  return { address: '127.0.0.1', port, privateKey, hostKey: { knownHosts }, ...more }
}

async function hostOn(server: TestSshd, more: Partial<SshOptions> = {}): Promise<NodeHost> {
  const host = await sshHost(signIn(server, more))
  closers.push(() => host.close())
  return host
}

describe('signing in', () => {
  it('works with a key, and with a password', async () => {
    const server = await sshd()
    const host = await hostOn(server)
    expect(host.name).toBe(`root@127.0.0.1:${server.port}`)
    const { privateKey: _, ...rest } = signIn(server)
    await (await sshHost({ ...rest, password: server.password })).close()
  })

  it('answers the prompts of PAM with the password, except those that would show it', async () => {
    const server = await sshd({ prompts: true })
    await (await sshHost(signIn(server, { password: server.password }))).close()
    await expect(sshHost(signIn(server, { password: 'wrong' }))).rejects.toThrow(
      'signing in as root is refused',
    )
  })

  it('says what was tried when it is refused', async () => {
    const server = await sshd({ refuse: true })
    await expect(sshHost(signIn(server, { password: 'x' }))).rejects.toMatchObject({
      name: 'HostError',
      message: expect.stringMatching(
        /cannot connect: signing in as root is refused \(tried password, key\); root needs "PermitRootLogin/,
      ),
    })
  })

  it('needs root', async () => {
    const server = await sshd({ uid: '1000' })
    await expect(sshHost(signIn(server, { user: 'admin' }))).rejects.toThrow(
      /^admin@127.* the user must be root, but admin has the user id 1000$/,
    )
  })

  it('does not take a key that is no key', async () => {
    await expect(sshHost(signIn(await sshd(), { privateKey: 'no key' }))).rejects.toThrow(
      /cannot connect: .*privateKey/i,
    )
  })

  it('says when nobody listens', async () => {
    const server = await sshd()
    const options = signIn(server)
    await server.stop()
    closers.pop()
    await expect(sshHost(options)).rejects.toThrow(/cannot connect: .*ECONNREFUSED/)
  })
})

describe('the key of the host', () => {
  it('that is not known is refused, with what to do', async () => {
    const server = await sshd()
    const refused = sshHost(signIn(server, { hostKey: { knownHosts: '' } }))
    await expect(refused).rejects.toThrow(
      `its host key is not known: it shows ${fingerprint(server.hostKey)} (ecdsa-sha2-nistp256)`,
    )
    await expect(refused).rejects.toThrow(`ssh-keyscan -p ${server.port} 127.0.0.1 >> ~/.ssh/known_hosts`)
  })

  it('that has changed is refused, with the line it is not', async () => {
    const [server, other] = [await sshd(), await sshd()]
    const knownHosts = `# first\n${other.knownHosts.replace(String(other.port), String(server.port))}`
    await expect(sshHost(signIn(server, { hostKey: { knownHosts } }))).rejects.toThrow(
      /its host key has changed: it shows SHA256:\S+ \(ecdsa-sha2-nistp256\), which is not that of line 2 of known_hosts.*ssh-keygen -R '\[127\.0\.0\.1\]:\d+'/,
    )
  })

  it('may be given as a fingerprint, in a file, or not looked at', async () => {
    const server = await sshd()
    await (await sshHost(signIn(server, { hostKey: { fingerprint: fingerprint(server.hostKey) } }))).close()
    await (await sshHost(signIn(server, { hostKey: { any: true } }))).close()
    await expect(sshHost(signIn(server, { hostKey: { fingerprint: 'SHA256:x' } }))).rejects.toThrow(
      /its host key is SHA256:\S+, not SHA256:x/,
    )
    const file = join(folder, 'known_hosts')
    await writeFile(file, server.knownHosts)
    await (await sshHost(signIn(server, { hostKey: { files: [join(folder, 'none'), file] } }))).close()
  })
})

describe('a server that does not answer', () => {
  it('is given up at the time limit, and by the signal', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume())
    const port = await listen(silent)
    closers.push(() => new Promise((resolve) => silent.close(() => resolve())))
    const options: SshOptions = { address: '127.0.0.1', port, hostKey: { any: true } }
    await expect(sshHost({ ...options, connectTimeoutMs: 100 })).rejects.toThrow('no answer within 100 ms')
    await expect(sshHost({ ...options, signal: AbortSignal.timeout(50) })).rejects.toThrow(
      'the work was stopped',
    )
  })

  it('to a command is given up too', async () => {
    const server = await sshd({ deaf: true })
    await expect(sshHost(signIn(server, { connectTimeoutMs: 200 }))).rejects.toThrow(
      /cannot run id: .*200 ms/,
    )
  })

  it('to a request for a file is given up too', async () => {
    const host = await hostOn(await sshd({ sftp: 'silent' }), { operationTimeoutMs: 100 })
    await expect(host.readFile('/etc/hosts')).rejects.toThrow(
      /cannot read \/etc\/hosts: .*no answer within 100 ms/,
    )
  })

  it('is found out by the keepalive', async () => {
    const server = await sshd()
    const host = await hostOn(server, { keepaliveMs: 30 })
    const running = host.exec(['sleep', '60'])
    server.freeze()
    await expect(running).rejects.toThrow('the connection is lost: Keepalive timeout')
  })
})

describe('a connection that is lost', () => {
  it('rejects whatever waits, and whatever comes after', async () => {
    const server = await sshd()
    const host = await hostOn(server)
    await host.stat('/etc')
    const output = vi.fn()
    const waiting = [
      host.exec(['sh', '-c', 'echo on; sleep 60'], { onOutput: output }),
      host.exec(['sleep', '60']),
      host.readFile('/etc/hosts'),
    ]
    const settled = Promise.allSettled(waiting)
    await vi.waitFor(() => expect(output).toHaveBeenCalledWith('on\n'))
    server.cut()
    const [first, second] = await settled
    for (const one of [first, second])
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { name: 'HostError', message: expect.stringContaining('lost') },
      })
    await expect(host.readFile('/etc/hosts')).rejects.toThrow(
      'cannot read /etc/hosts: the connection is lost',
    )
    await expect(host.exec(['true'])).rejects.toThrow('the connection is lost')
    await expect(host.connect('127.0.0.1', 1, { timeoutMs: 1000 })).rejects.toThrow('the connection is lost')
    await host.close()
  })

  it('is closed without waiting for a transport that never says that it is closed', async () => {
    const server = await sshd()
    const transport = connect(server.port, '127.0.0.1')
    const host = await sshHost(signIn(server, { transport }))
    // As a channel through another machine, which has gone.
    const destroy = vi.spyOn(transport, 'destroy').mockReturnValue(transport)
    server.freeze()
    await host.close()
    expect(destroy).toHaveBeenCalledOnce()
    destroy.mockRestore()
    transport.destroy()
  })

  it('in the middle of a write leaves the old file', async () => {
    const server = await sshd()
    const host = await hostOn(server)
    const path = join(folder, 'x')
    await writeFile(path, 'old')
    const writing = host.writeFileAtomic(path, Buffer.alloc(8_000_000), 0o644)
    const failed = expect(writing).rejects.toThrow('the connection is lost')
    await vi.waitFor(async () => expect((await readdir(folder)).length).toBe(2), { interval: 1 })
    server.cut()
    await failed
    expect(await readFile(path, 'utf8')).toBe('old')
    // What stayed behind goes with the next write, over another connection.
    await (await hostOn(server)).writeFileAtomic(path, 'new', 0o644)
    expect(await readdir(folder)).toEqual(['x'])
  })
})

describe.each<{ sftp: 'bare' | 'openssh' }>([
  { sftp: 'bare' },
  ...(HAS_OPENSSH ? [{ sftp: 'openssh' as const }] : []),
])('files by SFTP ($sftp)', ({ sftp }) => {
  it('are written, read, listed and removed', async () => {
    const host = await hostOn(await sshd({ sftp }))
    const path = (name: string): string => join(folder, name)
    await host.makeDirectory(path('d'), 0o700)
    await host.makeDirectory(path('d'), 0o755)
    expect(await host.stat(path('d'))).toEqual({ kind: 'directory', mode: 0o700 })
    const content = Buffer.from('ÄÖ'.repeat(50_000))
    await host.writeFileAtomic(path('d/x'), content, 0o664)
    await host.writeFileAtomic(path('d/x'), content, 0o600)
    expect(await host.readFile(path('d/x'))).toEqual(content)
    expect(await host.stat(path('d/x'))).toEqual({ kind: 'file', mode: 0o600 })
    await host.writeFileAtomic(path('d/empty'), '', 0o644)
    expect(await host.readFile(path('d/empty'))).toEqual(Buffer.alloc(0))
    expect(await host.list(path('d'))).toEqual(['empty', 'x'])
    await expect(host.remove(path('d'))).rejects.toThrow('the directory is not empty')
    for (const name of ['d/x', 'd/empty', 'd', 'd']) await host.remove(path(name))
    expect(await readdir(folder)).toEqual([])
  })

  it('are nothing where there is nothing', async () => {
    const host = await hostOn(await sshd({ sftp }))
    await writeFile(join(folder, 'file'), '')
    for (const name of ['x', 'x/y', 'file/y']) {
      const path = join(folder, name)
      expect(await host.readFile(path)).toBeUndefined()
      expect(await host.stat(path)).toBeUndefined()
      expect(await host.list(path)).toBeUndefined()
      await host.remove(path)
    }
  })

  it('have no size in /proc, and are read all the same', async () => {
    const host = await hostOn(await sshd({ sftp }))
    expect((await host.readFile('/proc/self/mountinfo'))?.toString()).toContain(' / ')
  })

  it('without end are not read to the end', async () => {
    const host = await hostOn(await sshd({ sftp }))
    await expect(host.readFile('/dev/zero')).rejects.toThrow(
      'cannot read /dev/zero: it is larger than 16 MiB',
    )
  })

  it('that are links are followed when written, and seen when looked at', async () => {
    const host = await hostOn(await sshd({ sftp }))
    await writeFile(join(folder, 'real'), 'old')
    await symlink('real', join(folder, 'link'))
    await host.writeFileAtomic(join(folder, 'link'), 'new', 0o640)
    expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new')
    expect(await host.stat(join(folder, 'link'))).toMatchObject({ kind: 'other' })
  })

  it('are replaced, not overwritten', async () => {
    const host = await hostOn(await sshd({ sftp }))
    const path = join(folder, 'x')
    await writeFile(path, 'old')
    const { ino } = await stat(path)
    await host.writeFileAtomic(path, 'new', 0o644)
    expect((await stat(path)).ino).not.toBe(ino)
    expect(await readdir(folder)).toEqual(['x'])
  })

  it('that cannot be written leave nothing behind', async () => {
    const host = await hostOn(await sshd({ sftp }))
    await host.makeDirectory(join(folder, 'd'), 0o755)
    await host.makeDirectory(join(folder, 'd/e'), 0o755)
    await expect(host.writeFileAtomic(join(folder, 'd'), '', 0o644)).rejects.toThrow(/cannot write/)
    await expect(host.writeFileAtomic(join(folder, 'no/x'), '', 0o644)).rejects.toThrow(/cannot write/)
    expect(await readdir(folder)).toEqual(['d'])
    expect(await readdir(join(folder, 'd'))).toEqual(['e'])
  })
})

describe('a large file', () => {
  /** SFTP whose writes are answered by calling what is in `waiting`. */
  async function held(): Promise<{ sftp: Sftp; waiting: ((error?: Error) => void)[] }> {
    const session = await SshSession.open(signIn(await sshd()))
    closers.push(() => session.close())
    const sftp = await Sftp.open(session, {}, () => {})
    const waiting: ((error?: Error) => void)[] = []
    await sftp.ask((wrapper, done) => {
      vi.spyOn(wrapper, 'write').mockImplementation((_handle, _content, _at, _length, _offset, answer) => {
        waiting.push((error) => answer?.(error))
      })
      done(undefined)
    })
    return { sftp, waiting }
  }

  it('is sent with 32 chunks under way at most, so that none waits for its turn within its time limit', async () => {
    const { sftp, waiting } = await held()
    const writing = sftp.write(Buffer.alloc(4), Buffer.alloc(100 * 32_000 + 1))
    let answered = 0
    for (; waiting.length > 0; answered += 1) {
      expect(waiting.length).toBeLessThanOrEqual(32)
      waiting.shift()?.()
      await setImmediate()
    }
    await writing
    expect(answered).toBe(101)
  })

  it('is not sent on once its handle is closed, which may be the handle of another file by then', async () => {
    const { sftp, waiting } = await held()
    const path = join(folder, 'x')
    const writing = sftp.withFile(path, 'wx', (handle) => sftp.write(handle, Buffer.alloc(100 * 32_000)))
    const failed = expect(writing).rejects.toThrow('the disk is full')
    await vi.waitFor(() => expect(waiting.length).toBe(32), { interval: 1 })
    waiting.shift()?.(new Error('the disk is full'))
    await failed
    for (const answer of waiting.splice(0)) answer()
    await setImmediate()
    expect(waiting).toEqual([])
  })
})

describe('a server without SFTP', () => {
  it('is named with the setting that it needs, and still runs programs', async () => {
    const host = await hostOn(await sshd({ sftp: 'off' }))
    await expect(host.readFile('/etc/hosts')).rejects.toThrow(
      'the sshd there needs "Subsystem sftp internal-sftp"',
    )
    expect(await host.exec(['echo', 'on'])).toEqual({ code: 0, stdout: 'on\n', stderr: '' })
  })
})

describe('a program over SSH', () => {
  it('gets its arguments as they are, its input, and gives code and both streams', async () => {
    const host = await hostOn(await sshd())
    const argv = ['printf', '%s|', "it's", '$HOME `x` "\\"', '', 'two\nlines', '*', '~', 'ÄÖ']
    expect((await host.exec(argv)).stdout).toBe(`${argv.slice(2).join('|')}|`)
    const script = 'cat; echo wrong >&2; exit 3'
    expect(await host.exec(['sh', '-c', script], { input: 'ÄÖ\n' })).toEqual({
      code: 3,
      stdout: 'ÄÖ\n',
      stderr: 'wrong\n',
    })
    expect(await host.exec(['cat'])).toEqual({ code: 0, stdout: '', stderr: '' })
    const long = 'x'.repeat(3_000_000)
    expect((await host.exec(['cat'], { input: long })).stdout).toBe(long)
  })

  it('that a signal ended has no code, and one that does not exist cannot be run', async () => {
    const host = await hostOn(await sshd())
    expect((await host.exec(['sh', '-c', 'kill -9 $$'])).code).toBeUndefined()
    await expect(host.exec(['no-such-program', 'secret'])).rejects.toThrow(
      /: cannot run no-such-program: there is no such program$/,
    )
    expect((await host.exec(['sh', '-c', 'exit 127'])).code).toBe(127)
    expect(() => commandLine(['A=b'], 'm')).toThrow('must not have "="')
    expect(() => commandLine(['echo', 'a\0b'], 'm')).toThrow('zero byte')
  })

  it.each([{ input: '' }, { input: 'some' }])(
    'is ended with its children by time limit and signal %o',
    async ({ input }) => {
      const host = await hostOn(await sshd())
      const file = join(folder, 'pid')
      const script = `sleep 60 & echo $! >${file}; echo on; wait`
      await expect(host.exec(['sh', '-c', script], { input, timeoutMs: 300 })).rejects.toThrow(
        'did not end within 300 ms',
      )
      const pid = (await readFile(file, 'utf8')).trim()
      await vi.waitFor(async () => {
        const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tZ')
        expect(status).toContain('State:\tZ')
      })
      const stop = new AbortController()
      const onOutput = (): void => stop.abort(new Error('enough'))
      const stopped = host.exec(['sh', '-c', script], { input, signal: stop.signal, onOutput })
      await expect(stopped).rejects.toThrow('the work was stopped')
      expect(await host.exec(['echo', 'on'])).toMatchObject({ code: 0 })
    },
  )

  it('is ended when it prints without end', async () => {
    const host = await hostOn(await sshd())
    await expect(host.exec(['yes'])).rejects.toThrow('it printed more than 16 MiB, and was ended')
    expect(await host.exec(['echo', 'on'])).toMatchObject({ code: 0 })
  })

  it('that cannot be told to end is left alone, and that is said', async () => {
    const host = await hostOn(await sshd({ refusesKill: true }))
    await expect(host.exec(['sleep', '30'], { timeoutMs: 500 })).rejects.toThrow(
      /it did not end within 500 ms; it may still run there: Unable to exec/,
    )
  })

  it('that does not listen to the first signal is killed', async () => {
    const host = await hostOn(await sshd())
    const script = `trap '' TERM; echo on; while :; do sleep 0.1; done`
    const before = performance.now()
    await expect(host.exec(['sh', '-c', script], { timeoutMs: 300 })).rejects.toThrow(
      /did not end within 300 ms$/,
    )
    expect(performance.now() - before).toBeLessThan(8000)
  })

  it('may be greeted by the login shell, but not without end', async () => {
    const host = await hostOn(await sshd({ greeting: 'echo Welcome; echo Careful >&2; ' }))
    expect(await host.exec(['echo', 'on'])).toEqual({ code: 0, stdout: 'on\n', stderr: '' })
    await expect(sshHost(signIn(await sshd({ greeting: 'yes; ' })))).rejects.toThrow('prints without end')
    await expect(sshHost(signIn(await sshd({ greeting: 'echo not available; exit 1; ' })))).rejects.toThrow(
      'the login shell does not run it: not available',
    )
  })

  it('runs beside no more others than sshd has sessions for', async () => {
    const host = await hostOn(await sshd())
    const script = `touch ${folder}/$$; sleep 0.3; ls ${folder} | wc -l; rm ${folder}/$$`
    const results = await Promise.all(Array.from({ length: 10 }, () => host.exec(['sh', '-c', script])))
    const most = Math.max(...results.map(({ stdout }) => Number(stdout)))
    expect(most).toBeLessThanOrEqual(4)
    expect(most).toBeGreaterThan(1)
  })
})

describe('a connection from the other side', () => {
  it.each<TestSshdOptions>([{}, { forward: 'prohibited' }])('is opened (%o)', async (options) => {
    const server = createServer((socket) => socket.pipe(socket))
    const port = await listen(server)
    const host = await hostOn(await sshd(options))
    const stream = await host.connect('127.0.0.1', port, { timeoutMs: 5000 })
    const text = 'ping'.repeat(100_000)
    let echoed = ''
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      echoed += chunk
    })
    stream.write(text)
    await vi.waitFor(() => expect(echoed.length).toBe(text.length))
    expect(echoed).toBe(text)
    stream.destroy()
    await new Promise((resolve) => server.close(resolve))
    await expect(host.connect('127.0.0.1', port, { timeoutMs: 5000 })).rejects.toThrow(
      options.forward === undefined
        ? /cannot connect to 127\.0\.0\.1 port \d+: /
        : /the sshd there does not forward \("AllowTcpForwarding local".*Connection refused/s,
    )
  })
})

describe('the rule over SSH', () => {
  const FLAGS = ['--vs', '10.103.97.2:6443', '--rs', '192.0.2.1:6443']
  const virtual = { family: 'inet', address: '10.103.97.2', port: 6443, text: '10.103.97.2:6443' } as const

  it('is what the command there prints and does', async () => {
    const script = join(folder, 'lvscare')
    await writeFile(
      script,
      `#!/bin/sh\necho "$@" >>${folder}/calls\ncat ${folder}/out 2>/dev/null || { echo "$ERROR" >&2; exit 1; }\n`,
      { mode: 0o755 },
    )
    const host = await hostOn(await sshd(), { command: [script] })
    await expect(host.rule.observe(virtual)).rejects.toThrow(
      /cannot read the rule of 10\.103\.97\.2:6443: .*ended with exit code 1/,
    )
    await writeFile(join(folder, 'out'), '')
    await host.rule.set(FLAGS)
    await host.rule.clean(FLAGS.slice(0, 2))
    await writeFile(join(folder, 'out'), '{"services": [{"virtual": 1}], "error": null}')
    await expect(host.rule.observe(virtual)).rejects.toThrow('report.source')
    expect((await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')).toEqual([
      'status --vs 10.103.97.2:6443 --json',
      'care --vs 10.103.97.2:6443 --rs 192.0.2.1:6443 --run-once',
      'care --vs 10.103.97.2:6443 --clean',
      'status --vs 10.103.97.2:6443 --json',
    ])
    await expect(host.rule.set(['--vs', 'x'])).rejects.toThrow('cannot set the rule: --vs "x"')
  })

  it('is nothing when the command says so', async () => {
    const script = join(folder, 'lvscare')
    const { NoGuardError } = await import('lvscare')
    const message = new NoGuardError(virtual.text).message
    await writeFile(script, `#!/bin/sh\necho 'lvscare: ${message}' >&2; exit 1\n`, { mode: 0o755 })
    const host = await hostOn(await sshd(), { command: [script] })
    expect(await host.rule.observe(virtual)).toBeUndefined()
    const other = await hostOn(await sshd(), { command: ['no-such-lvscare'] })
    await expect(other.rule.observe(virtual)).rejects.toThrow(
      'cannot run no-such-lvscare: there is no such program',
    )
  })
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
