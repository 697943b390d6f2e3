import { connect, createSecureContext, type TLSSocket } from 'node:tls'

/** Takes any certificate, and reads no authorities for it: a third of what a connection costs, where all is emulated. */
export const TRUSTING = {
  rejectUnauthorized: false,
  secureContext: createSecureContext({ ca: [] }),
} as const

/** Makes one new TLS connection and ends it; `undefined` when it was made, else why not. As cheap as one can be. */
export async function newcomer(address: string, port: number, limitMs: number): Promise<string | undefined> {
  const socket = connect({ host: address, port, ...TRUSTING })
  const problem = await Promise.race([shakesHands(socket), expires(socket, limitMs)])
  socket.destroy()
  return problem
}

function shakesHands(socket: TLSSocket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket
      .once('secureConnect', () => resolve(undefined))
      // Stays: what comes later must not end the process.
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      .once('close', () => resolve('closed'))
  })
}

function expires(socket: TLSSocket, limitMs: number): Promise<string> {
  return new Promise((resolve) => {
    const late = (): string =>
      socket.connecting ? 'timeout: no answer to SYN' : 'timeout: no end of the handshake'
    const timer = setTimeout(() => resolve(`${late()} (port ${socket.localPort})`), limitMs)
    socket.once('close', () => clearTimeout(timer))
  })
}
