import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { PORT } from './apiserver.ts'
import { type TestCluster, VIP } from './cluster.ts'
import { exec } from './exec.ts'

/** Debian's haproxy in front of a cluster, on the virtual IP, which must be this node's own. */
export class Haproxy {
  readonly #folder: string
  readonly #process: ChildProcess

  /** `before` is what haproxy is given to as a command, as `ip netns exec`. */
  constructor(cluster: TestCluster, ...before: string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'lvscare-haproxy-'))
    const file = join(this.#folder, 'conf')
    writeFileSync(file, configuration(cluster, this.#socket))
    exec('haproxy', '-c', '-q', '-f', file)
    const [program = '', ...rest] = [...before, 'haproxy', '-db', '-q', '-f', file]
    this.#process = spawn(program, rest, { stdio: 'ignore' })
  }

  /** The servers that get new connections, as `192.0.2.11:6443`; none as long as it does not answer. */
  async up(): Promise<ReadonlySet<string>> {
    // Columns: backend, its name, server, its name, its address, its state, of which 2 is "running".
    const lines = (await this.#ask('show servers state servers')).split('\n').map((line) => line.split(' '))
    return new Set(lines.filter((words) => words[5] === '2').map((words) => `${words[4]}:${PORT}`))
  }

  /** Ends it, with every connection. */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'close')
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.#folder, { recursive: true })
  }

  get #socket(): string {
    return join(this.#folder, 'socket')
  }

  async #ask(question: string): Promise<string> {
    const socket = connect(this.#socket)
    try {
      socket.end(`${question}\n`)
      return await text(socket)
    } catch {
      // It is starting.
      return ''
    }
  }
}

function configuration(cluster: TestCluster, socket: string): string {
  const servers = cluster.servers.map(
    ({ host }) =>
      `  server ${host.name} ${host.v4}:${PORT} check check-ssl verify none inter 2s fall 2 rise 2` +
      ' on-marked-down shutdown-sessions',
  )
  return `global
  stats socket ${socket} mode 600 level operator

defaults
  mode tcp
  timeout connect 5s
  timeout client 15m
  timeout server 15m

frontend apiserver
  bind ${VIP.v4}:${PORT}
  default_backend servers

backend servers
  balance roundrobin
  option httpchk GET /healthz
${servers.join('\n')}
`
}
