import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { BRIDGE, type TestHost } from './hosts.ts'
import { waitFor } from './wait.ts'

const LIMIT_MS = 10_000

/** Pulls and plugs cables through one `ip` that waits for commands: starting it takes longer than what is measured. */
export class Cables {
  readonly #ip: ChildProcessWithoutNullStreams = spawn('ip', ['-batch', '-'])

  /** Pulls the cables of all these hosts in one moment; resolves when that is done. */
  async pull(hosts: readonly TestHost[]): Promise<void> {
    this.#ip.stdin.write(hosts.map(({ cable }) => `link set ${cable} nomaster\n`).join(''))
    await waitFor('pulled cables', LIMIT_MS, () => !hosts.some(isPlugged))
  }

  /** Puts them back. */
  async plug(hosts: readonly TestHost[]): Promise<void> {
    this.#ip.stdin.write(hosts.map(({ cable }) => `link set ${cable} master ${BRIDGE}\n`).join(''))
    await waitFor('plugged cables', LIMIT_MS, () => hosts.every(isPlugged))
  }

  /** Ends the program. */
  async close(): Promise<void> {
    const ended = once(this.#ip, 'close')
    this.#ip.stdin.end()
    await ended
  }
}

function isPlugged({ cable }: TestHost): boolean {
  return existsSync(`/sys/class/net/${cable}/master`)
}
