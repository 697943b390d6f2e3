import type { Socket } from 'node:net'
import type { Answer } from './apiserver-answers.ts'

const HOSTILE = ['redirect', 'trickle', 'huge-headers', 'endless', 'cut', 'bomb'] as const
const RUDE = ['silent', 'reset-in-tls', 'garbage'] as const

/** Answers that nobody should wait for, read to the end or believe. */
export type HostileMode = (typeof HOSTILE)[number]

/** Instead of a TLS handshake: nothing, RST, or garbage without end. */
export type RudeMode = (typeof RUDE)[number]

export function isHostile(mode: string): mode is HostileMode {
  return HOSTILE.some((one) => one === mode)
}

export function isRude(mode: string): mode is RudeMode {
  return RUDE.some((one) => one === mode)
}

/** Answers in a way that costs who does not watch out. */
export function answerHostile(mode: HostileMode, response: Answer): void {
  switch (mode) {
    case 'redirect':
      response.writeHead(302, { location: 'https://192.0.2.254:6443/nowhere' }).end()
      break
    case 'trickle':
      repeat(response, () => response.write('o'))
      break
    case 'huge-headers':
      response.writeHead(200, { 'x-huge': 'x'.repeat(1 << 20) }).end('ok')
      break
    case 'endless':
      pour(response, 'x'.repeat(65_536))
      break
    case 'cut':
      response.writeHead(200, { 'content-length': 99 }).write('o', () => response.destroy())
      break
    case 'bomb':
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(Buffer.alloc(1 << 20, 0x1f))
      break
    default:
      mode satisfies never
  }
}

/** Treats a connection that expects TLS. */
export function treatRudely(mode: RudeMode, socket: Socket): void {
  socket.resume()
  if (mode === 'reset-in-tls') socket.once('data', () => socket.resetAndDestroy())
  if (mode === 'garbage') pour(socket, 'garbage '.repeat(8192))
}

function repeat(response: Answer, write: () => void): void {
  const timer = setInterval(write, 100)
  response.on('close', () => clearInterval(timer))
}

/** Writes as fast as the other side takes it. */
function pour(to: Socket | Answer, chunk: string): void {
  const more = (): void => {
    // What is closed takes nothing.
    while (to.write(chunk)) undefined
  }
  to.on('drain', more)
  more()
}
