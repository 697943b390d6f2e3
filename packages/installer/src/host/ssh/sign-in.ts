import { messageOf } from 'lvscare'
import type { Client, ConnectConfig } from 'ssh2'
import type { HostKeyCheck } from './host-key.ts'
import type { SshOptions } from './options.ts'

/** Who signs in, and by what. */
export function connectConfig(options: SshOptions): ConnectConfig {
  const { user = 'root', password, privateKey, passphrase, agent, keepaliveMs = 5000 } = options
  return {
    username: user,
    // The time limit is ours, from before the connection on.
    readyTimeout: 0,
    keepaliveInterval: keepaliveMs,
    keepaliveCountMax: 3,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(agent === undefined ? {} : { agent }),
    ...(password === undefined ? {} : { password, tryKeyboard: true }),
  }
}

/** The part of the configuration that checks the host's key, and why it was refused. */
export function keyConfig({
  algorithms,
  refusal,
}: HostKeyCheck): ConnectConfig & { refusal(): string | undefined } {
  let refused: string | undefined
  return {
    algorithms: { serverHostKey: algorithms },
    hostVerifier: (key: Buffer) => {
      refused = refusal(key)
      return refused === undefined
    },
    refusal: () => refused,
  }
}

/** What a connection that could not be made means for the operator. */
export function signInError(error: Error & { level?: string }, options: SshOptions): string {
  if (error.level !== 'client-authentication') return messageOf(error)
  const { user = 'root', password, privateKey, agent } = options
  const given = Object.entries({ password, key: privateKey, agent }).filter(([, one]) => one !== undefined)
  const tried =
    given.length === 0
      ? 'no password, key or agent was given'
      : `tried ${given.map(([name]) => name).join(', ')}`
  const root =
    user === 'root'
      ? '; root needs "PermitRootLogin yes" or "prohibit-password" (keys alone) in its sshd_config'
      : ''
  return `signing in as ${user} is refused (${tried})${root}`
}

/** PAM asks for the password in its own way; what it would show on a screen is not the password. */
export function answerPrompts(client: Client, password: string): void {
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) =>
    answer(prompts.map(({ echo }) => (echo === true ? '' : password))),
  )
}
