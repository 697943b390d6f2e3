import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from 'lvscare'
import type { Client, ClientChannel } from 'ssh2'
import { aborted } from '../failure.ts'
import { hostKeyCheck } from './host-key.ts'
import type { SshOptions } from './options.ts'
import { answerPrompts, connectConfig, keyConfig, signInError } from './sign-in.ts'

/** How long a connection that is closed may take for it, in milliseconds. */
const CLOSE_MS = 2000

/** A time limit, and what else ends the wait. */
export interface Limits {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A connection by SSH. Whatever waits for it is rejected as soon as it is lost. */
export class SshSession {
  readonly client: Client
  readonly #transport: Duplex
  readonly #waiting = new Set<(error: Error) => void>()
  #explain: (error: Error) => string
  #lost: Error | undefined

  private constructor(client: Client, transport: Duplex, explain: (error: Error) => string) {
    this.client = client
    this.#transport = transport
    this.#explain = explain
    // It may be lost at any time, also while nobody waits for anything.
    client.on('error', (error) => this.#lose(new Error(this.#explain(error))))
    client.on('close', () => this.#lose(new Error('the connection is lost')))
  }

  /** Connects, checks the host's key and signs in. */
  static async open(options: SshOptions): Promise<SshSession> {
    const { address, port = 22, connectTimeoutMs: timeoutMs = 20_000, signal } = options
    const [{ Client }, check] = await Promise.all([import('ssh2'), hostKeyCheck(options)])
    signal?.throwIfAborted()
    // Not ssh2's own socket: it cannot be destroyed while it waits for the other side to hang up.
    const transport = options.transport ?? connect({ host: address, port, noDelay: true })
    const config = { ...connectConfig(options), sock: transport, ...keyConfig(check) }
    const session = new SshSession(
      new Client(),
      transport,
      (error) => config.refusal() ?? signInError(error, options),
    )
    answerPrompts(session.client, options.password ?? '')
    try {
      await session.ask<void>({ timeoutMs, signal }, (resolve) => {
        session.client.once('ready', resolve).connect(config)
      })
    } catch (error) {
      transport.destroy()
      throw error
    }
    session.#explain = (error) => `the connection is lost: ${messageOf(error)}`
    return session
  }

  /** Waits for an answer, but not longer than connection, limit and signal allow. */
  async ask<T>(
    { timeoutMs, signal }: Limits,
    start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    signal?.throwIfAborted()
    if (this.#lost !== undefined) throw this.#lost
    let clear = (): void => {}
    try {
      return await new Promise<T>((resolve, reject) => {
        const onAbort = (): void => reject(aborted(signal?.reason))
        const late = (): void => reject(new Error(`no answer within ${timeoutMs} ms`))
        const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
        signal?.addEventListener('abort', onAbort, { once: true })
        this.#waiting.add(reject)
        clear = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
          this.#waiting.delete(reject)
        }
        start(resolve, reject)
      })
    } finally {
      clear()
    }
  }

  /** Runs a line of the login shell; `begin` is called when it has begun, before anything of it can have come. Never throws. */
  exec(line: string, begin: (channel: ClientChannel) => void, fail: (error: Error) => void): void {
    try {
      this.client.exec(line, (error, channel) =>
        error === undefined ? begin(channel) : fail(noSession(error)),
      )
    } catch (error) {
      fail(this.#lost ?? (error instanceof Error ? error : new Error(String(error))))
    }
  }

  /** Says goodbye, and does not wait long for the other side to do so too. */
  async close(): Promise<void> {
    if (this.#transport.destroyed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#transport.destroy()
        // Not when it says that it is closed: one through another machine waits for that machine.
        resolve()
      }, CLOSE_MS)
      this.#transport.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      this.#lose(new Error('the connection was closed'))
      this.client.end()
    })
  }

  #lose(error: Error): void {
    this.#lost ??= error
    for (const reject of [...this.#waiting]) reject(this.#lost)
  }
}

/** When sshd opens no session, most often there are too many already. */
function noSession(error: Error): Error {
  if (!('reason' in error)) return error
  const setting = 'MaxSessions in the sshd_config there must be 10, which is its default, or more'
  return new Error(`${messageOf(error)} (${setting})`, { cause: error })
}
