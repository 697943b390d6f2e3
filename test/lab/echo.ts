import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestHost } from './hosts.ts'
import { program } from './programs.ts'

/** The port of every echo server, TCP and UDP. */
export const ECHO_PORT = 7007

/** A server on a test host that sends back what it gets. */
export class EchoServer {
  readonly host: TestHost
  readonly #process: ChildProcess

  private constructor(host: TestHost, process: ChildProcess) {
    this.host = host
    this.#process = process
  }

  /** Starts the process; resolves when it listens on both addresses of the host. */
  static async start(host: TestHost): Promise<EchoServer> {
    const args = ['netns', 'exec', host.name, process.execPath, program('echo')]
    const child = spawn('ip', [...args, String(ECHO_PORT), host.v4, host.v6], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the echo server ended')))
    await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {})
    return new EchoServer(host, child)
  }

  /** Ends the process. */
  async close(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }
}

/** Opens a TCP connection, and has one byte sent back to be sure that it stands. */
export async function openEcho(address: string, port: number): Promise<Socket> {
  const socket = connect(port, address)
  await once(socket, 'connect')
  await sendBack(socket, 1)
  return socket
}

/** Sends that many bytes and waits until all of them have come back. */
export async function sendBack(socket: Socket, bytes: number): Promise<void> {
  let missing = bytes
  const whole = new Promise<void>((resolve) => {
    const take = (chunk: Buffer): void => {
      missing -= chunk.length
      if (missing > 0) return
      socket.off('data', take)
      resolve()
    }
    socket.on('data', take)
  })
  socket.write(Buffer.alloc(bytes, 'x'))
  await whole
}

/** One TCP connection that sends that many bytes, gets them back, and is closed by both sides. */
export async function exchangeTcp(address: string, port: number, bytes: number): Promise<void> {
  const socket = await openEcho(address, port)
  await sendBack(socket, bytes)
  socket.end()
  await once(socket, 'close')
}

/** Pause before a datagram that nobody answered is sent again: longer than any answer takes in emulation. */
const RESEND_MS = 3000

/** From one UDP port one datagram of each text; resolves when each has come back. */
export async function exchangeUdp(address: string, port: number, ...texts: string[]): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  try {
    for (const text of texts) {
      const answered = once(socket, 'message')
      // Nobody repeats a datagram that is lost, as one is now and then while the neighbours are still unknown.
      const again = setInterval(() => socket.send(text, port, address), RESEND_MS)
      socket.send(text, port, address)
      await answered.finally(() => clearInterval(again))
    }
  } finally {
    socket.close()
  }
}
