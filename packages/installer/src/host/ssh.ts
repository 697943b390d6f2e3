import pLimit from 'p-limit'
import { HostError } from '../errors.ts'
import { doing } from './failure.ts'
import type { ExecOptions, ExecResult, NodeHost } from './host.ts'
import { execOverSsh } from './ssh/exec.ts'
import { sftpFiles } from './ssh/files.ts'
import { connectOverSsh } from './ssh/forward.ts'
import { hostName, type SshOptions } from './ssh/options.ts'
import { commandRule } from './ssh/rule.ts'
import { SshSession } from './ssh/session.ts'
import { Sftp } from './ssh/sftp.ts'

/** Programs that run at the same time: of sshd's ten sessions some are for SFTP, bash, and to end programs. */
const MAX_PROGRAMS = 4

/**
 * A node over SSH: files by SFTP, connections by forwarding, and the rule by running the guard's command there.
 *
 * Rejects with {@link HostError} when it cannot be reached, its key is not known, or the user is not root. A connection that
 * is lost later rejects whatever waits for it; the host cannot be used any more then.
 */
export async function sshHost(options: SshOptions): Promise<NodeHost> {
  const name = hostName(options)
  const session = await doing(name, 'connect', () => SshSession.open(options))
  const host = hostOf(name, session, options)
  try {
    await needRoot(host, options)
    return host
  } catch (error) {
    await session.close()
    throw error
  }
}

function hostOf(name: string, session: SshSession, options: SshOptions): NodeHost {
  const { operationTimeoutMs: timeoutMs = 60_000, command = ['lvscare'] } = options
  const limit = pLimit(MAX_PROGRAMS)
  let opened: Promise<Sftp> | undefined
  const forget = (): void => {
    opened = undefined
  }
  // Opened when it is first needed, and again when the other side has ended it.
  const sftp = (): Promise<Sftp> => {
    opened ??= Sftp.open(session, { timeoutMs }, forget).catch((error: unknown) => {
      forget()
      throw error
    })
    return opened
  }
  const exec = (argv: readonly string[], how: ExecOptions = {}): Promise<ExecResult> =>
    // Without its arguments: a token may be among them.
    doing(name, `run ${argv[0]}`, () => limit(() => execOverSsh(session, argv, how)))
  return {
    name,
    ...sftpFiles(name, sftp, exec),
    exec,
    connect: (address, port, limits) =>
      doing(name, `connect to ${address} port ${port}`, () => connectOverSsh(session, address, port, limits)),
    rule: commandRule(name, command, exec),
    close: () => session.close(),
  }
}

async function needRoot(
  host: NodeHost,
  { user = 'root', connectTimeoutMs = 20_000, signal }: SshOptions,
): Promise<void> {
  const how = { timeoutMs: connectTimeoutMs, ...(signal === undefined ? {} : { signal }) }
  const { code, stdout, stderr } = await host.exec(['id', '-u'], how)
  const id = stdout.trim()
  if (code === 0 && id === '0') return
  const why = code === 0 ? `${user} has the user id ${id}` : `id -u failed: ${(stderr + stdout).trim()}`
  throw new HostError(`${host.name}: cannot work there: the user must be root, but ${why}`)
}
