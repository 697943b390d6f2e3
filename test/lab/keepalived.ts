import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PORT } from './apiserver.ts'
import { type TestCluster, VIP } from './cluster.ts'

/** Debian's keepalived as a guard of a cluster: each server is asked over TLS once a second, as we do. */
export class Keepalived {
  readonly #folder: string
  readonly #process: ChildProcess

  /** `before` is what keepalived is given to as a command: it must replace itself by it, as `ip netns exec` does. */
  constructor(cluster: TestCluster, ...before: string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'lvscare-keepalived-'))
    const file = (name: string): string => join(this.#folder, name)
    writeFileSync(file('conf'), configuration(cluster))
    const pids = ['--pid', file('pid'), '--checkers_pid', file('checkers')]
    const flags = ['--use-file', file('conf'), '--dont-fork', '--check', '--log-console', ...pids]
    const [program = '', ...rest] = [...before, 'keepalived', ...flags]
    this.#process = spawn(program, rest, { stdio: 'ignore' })
  }

  /** Its processes: one that watches, and one that checks. */
  get pids(): number[] {
    const main = this.#process.pid
    if (main === undefined) throw new Error('keepalived does not start')
    return [main, ...childrenOf(main)]
  }

  /** Asks it to stop, with its rules. */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'close')
    this.#process.kill('SIGTERM')
    await ended
    rmSync(this.#folder, { recursive: true })
  }
}

function configuration(cluster: TestCluster): string {
  const servers = cluster.servers.map(
    ({ host }) => `  real_server ${host.v4} ${PORT} {
    weight 1
    SSL_GET {
      url {
        path /healthz
        status_code 200
      }
      connect_timeout 1
      retry 0
    }
  }`,
  )
  return `virtual_server ${VIP.v4} ${PORT} {
  delay_loop 1
  lb_algo rr
  lb_kind NAT
  protocol TCP
${servers.join('\n')}
}
`
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === parent)
    .map(Number)
}

/** `undefined` for a process that has just ended. */
function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}
