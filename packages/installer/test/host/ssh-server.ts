import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type Connection, type Server, type ServerChannel } from 'ssh2'
import { keyType, knownHostName } from '../../src/host/known-hosts.ts'
import { serveSftp } from './sftp-server.ts'

const { utils } = ssh2

/** OpenSSH's own server of SFTP, where this machine has it. */
const SFTP_SERVER = '/usr/lib/openssh/sftp-server'

/** True where {@link TestSshdOptions.sftp} may be `openssh`. */
export const HAS_OPENSSH: boolean = existsSync(SFTP_SERVER)

/** How the server behaves. */
export interface TestSshdOptions {
  /** @default 'bare': the protocol without extensions; `silent`: takes requests and says nothing */
  readonly sftp?: 'bare' | 'openssh' | 'silent' | 'off'
  /** What becomes of connections that are to be forwarded. @default 'on' */
  readonly forward?: 'on' | 'prohibited'
  /** What id -u says. @default '0' */
  readonly uid?: string
  /** Passes over commands in silence. */
  readonly deaf?: boolean
  /** Has no session left when something is to be ended. */
  readonly refusesKill?: boolean
  /** What the login shell runs first. */
  readonly greeting?: string
  /** Asks for the password by prompts, as PAM does, and takes it in no other way. */
  readonly prompts?: boolean
  /** Lets nobody in. */
  readonly refuse?: boolean
}

/** An SSH server in this process, which lets in who has its password or its key, and runs commands on this machine. */
export class TestSshd {
  readonly port: number
  /** A line for known_hosts. */
  readonly knownHosts: string
  /** The key that it shows, as SSH writes it. */
  readonly hostKey: Buffer
  /** What it lets in. */
  readonly password = 'open sesame'
  readonly privateKey: string
  /** Every command that came. */
  readonly commands: string[]
  readonly #server: Server
  readonly #sockets: Set<Socket>
  readonly #folder: string

  private constructor(port: number, parts: Omit<Parts, 'port'>) {
    this.port = port
    this.hostKey = parts.hostKey.public
    this.knownHosts = `${knownHostName('127.0.0.1', port)} ${keyType(this.hostKey)} ${this.hostKey.toString('base64')}\n`
    this.privateKey = parts.clientKey.private
    this.commands = parts.commands
    this.#server = parts.server
    this.#sockets = parts.sockets
    this.#folder = parts.folder
  }

  static async start(options: TestSshdOptions = {}): Promise<TestSshd> {
    const hostKey = newKey()
    const clientKey = newKey()
    const commands: string[] = []
    // Tests need not be root's.
    const folder = mkdtempSync(join(tmpdir(), 'installer-bin-'))
    writeFileSync(join(folder, 'id'), `#!/bin/sh\necho ${options.uid ?? '0'}\n`, { mode: 0o755 })
    const path = `${folder}:${process.env['PATH']}`
    const sockets = new Set<Socket>()
    const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
      serve(client, options, { key: clientKey.public, path, commands })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // Beside ssh2's own listener, to be able to cut the line.
    const inner: unknown = Reflect.get(server, '_srv')
    if (isEmitter(inner)) inner.on('connection', (socket: Socket) => sockets.add(socket.setNoDelay()))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    return new TestSshd(port, { hostKey, clientKey, commands, server, sockets, folder })
  }

  /** Cuts every line, without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Holds every line, so that nothing comes any more. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause()
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    rmSync(this.#folder, { recursive: true })
  }
}

/** A private key as PEM, and its public key as SSH writes it. */
interface Key {
  readonly private: string
  readonly public: Buffer
}

/** Not by ssh2, whose keys it cannot always read itself. */
function newKey(): Key {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const parsed = utils.parseKey(privateKey)
  if (parsed instanceof Error) throw parsed
  return { private: privateKey, public: parsed.getPublicSSH() }
}

interface Parts {
  readonly port: number
  readonly hostKey: Key
  readonly clientKey: Key
  readonly commands: string[]
  readonly server: Server
  readonly sockets: Set<Socket>
  readonly folder: string
}

interface Served {
  /** Who is let in. */
  readonly key: Buffer
  readonly path: string
  readonly commands: string[]
}

function isEmitter(value: unknown): value is { on(event: string, listener: (socket: Socket) => void): void } {
  return typeof value === 'object' && value !== null && 'on' in value
}

function serve(client: Connection, options: TestSshdOptions, { key, path, commands }: Served): void {
  // A line that is cut is what these tests are about.
  client.on('error', () => {})
  client.on('authentication', (context) => {
    const { method } = context
    if (options.refuse === true) context.reject(['password', 'publickey'])
    else if (options.prompts === true) {
      if (method !== 'keyboard-interactive') return context.reject(['keyboard-interactive'])
      const prompts = [
        { prompt: 'Colour: ', echo: true },
        { prompt: 'Password: ', echo: false },
      ]
      context.prompt(prompts, 'PAM', '', ([colour, password]) =>
        colour === '' && password === 'open sesame' ? context.accept() : context.reject(),
      )
    } else if (method === 'password' && context.password === 'open sesame') context.accept()
    else if (method === 'publickey' && context.key.data.equals(key)) context.accept()
    else context.reject(['password', 'publickey'])
  })
  client.on('session', (accept) => {
    const session = accept()
    session.on('exec', (take, refuse, { command }) => {
      commands.push(command)
      if (options.deaf === true) return
      if (options.refusesKill === true && command.includes('kill -s')) void refuse()
      else run(take(), ['sh', '-c', `${options.greeting ?? ''}${command}`], path)
    })
    if (options.sftp === 'openssh') {
      session.on('subsystem', (take) => run(take(), [SFTP_SERVER], path))
    } else if (options.sftp === 'silent') session.on('sftp', (take) => void take().on('OPEN', () => {}))
    else if (options.sftp !== 'off') session.on('sftp', (take) => serveSftp(take()))
  })
  // Where nobody listens, ssh2 says itself that it is prohibited.
  if (options.forward === 'prohibited') return
  client.on('tcpip', (accept, reject, { destIP, destPort }) => {
    const socket = connect(destPort, destIP)
    socket.once('error', () => reject())
    socket.once('connect', () => {
      const channel = accept()
      channel.on('error', () => socket.destroy())
      socket.on('error', () => channel.close())
      channel.pipe(socket).pipe(channel)
    })
  })
}

/** As sshd does: a group of its own, and no signals for root's programs. */
function run(channel: ServerChannel, argv: readonly string[], path: string): void {
  const [program = '', ...rest] = argv
  const env = { ...process.env, PATH: path }
  const child: ChildProcess = spawn(program, rest, { detached: true, stdio: 'pipe', env })
  const { stdin, stdout, stderr } = child
  channel.on('error', () => {})
  stdin?.on('error', () => {})
  if (stdin !== null) channel.pipe(stdin)
  stdout?.pipe(channel, { end: false })
  stderr?.pipe(channel.stderr, { end: false })
  child.on('close', (code, signal) => {
    if (code === null) channel.exit(signal?.slice(3) ?? 'KILL', false, '')
    else channel.exit(code)
    channel.end()
  })
  channel.on('close', () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
}
