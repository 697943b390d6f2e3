import type { Duplex } from 'node:stream'
import { endpointText, messageOf, shellWord } from 'lvscare'
import type { ClientChannel } from 'ssh2'
import type { Limits, SshSession } from './session.ts'

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, 5.1). */
const PROHIBITED = 1

/** Opens a TCP connection from the other side: forwarded by sshd, or by bash where sshd may not. */
export async function connectOverSsh(
  session: SshSession,
  address: string,
  port: number,
  limits: Limits,
): Promise<Duplex> {
  try {
    return await forward(session, address, port, limits)
  } catch (error) {
    if (!isProhibited(error)) throw error
    return await throughBash(session, address, port, limits)
  }
}

async function forward(session: SshSession, address: string, port: number, limits: Limits): Promise<Duplex> {
  let isAwaited = true
  try {
    return await session.ask<ClientChannel>(limits, (resolve, reject) => {
      session.client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (error !== undefined) reject(error)
        else if (isAwaited) resolve(channel)
        else channel.close()
      })
    })
  } finally {
    isAwaited = false
  }
}

function isProhibited(error: unknown): boolean {
  return error instanceof Error && 'reason' in error && error.reason === PROHIBITED
}

/** What bash prints once the connection is there. */
const READY = 'connected\n'

/**
 * File 3 is the connection, and file 4 what comes from us: a background program would get /dev/null instead. When either
 * side ends, so does all of it.
 */
const SCRIPT =
  `exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit 1; printf '${READY.replace('\n', '\\n')}'; ` +
  '{ cat <&4 >&3; kill 0; } & cat <&3; kill 0'

async function throughBash(
  session: SshSession,
  address: string,
  port: number,
  limits: Limits,
): Promise<Duplex> {
  const line = `exec bash -c ${shellWord(SCRIPT)} bash ${shellWord(address)} ${shellWord(String(port))}`
  let opened: ClientChannel | undefined
  let isAwaited = true
  try {
    return await session.ask<ClientChannel>(limits, (resolve, reject) => {
      const begin = (channel: ClientChannel): void => {
        opened = channel
        if (isAwaited) untilReady(channel, () => resolve(channel), reject)
        else channel.close()
      }
      session.exec(line, begin, reject)
    })
  } catch (error) {
    isAwaited = false
    opened?.close()
    const to = endpointText(address, port)
    const setting =
      'the sshd there does not forward ("AllowTcpForwarding local" in its sshd_config would let it)'
    throw new Error(`${setting}, and bash cannot reach ${to}: ${messageOf(error)}`, { cause: error })
  }
}

/** Reads until bash has said that it is connected, and gives back what came after. */
function untilReady(channel: ClientChannel, resolve: () => void, reject: (error: Error) => void): void {
  let text = Buffer.alloc(0)
  let complaint = ''
  // Not by "data" events, after which the stream would have to be told to go on.
  const onReadable = (): void => {
    const chunk: Buffer | null = channel.read()
    if (chunk === null) return
    text = Buffer.concat([text, chunk])
    if (text.length < READY.length) return
    channel.off('readable', onReadable)
    const rest = text.subarray(READY.length)
    if (rest.length > 0) channel.unshift(rest)
    resolve()
  }
  channel.on('readable', onReadable)
  channel.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 1000) complaint += chunk.toString()
  })
  channel.once('close', () => reject(new Error(complaint.trim() === '' ? 'it ended' : complaint.trim())))
}
