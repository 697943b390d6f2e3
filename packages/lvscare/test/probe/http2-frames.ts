import type { Socket } from 'node:net'

/** Types of frames (RFC 9113, section 6). */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

/** Flags; ACK has the bit of END_STREAM, on other frames. */
export const FLAG = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8 } as const

/** `:status: 200` in HPACK. */
export const STATUS_200: Buffer = Buffer.from([0x88])

/** One frame. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** What a server has to say first. */
export const SETTINGS: Buffer = frame(FRAME.SETTINGS, 0, 0)

/** A whole answer: status 200, and nothing else. */
export function answer(stream: number): Buffer {
  return frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, stream, STATUS_200)
}

/** A GOAWAY. */
export function goaway(lastStream: number, code: number): Buffer {
  const payload = Buffer.alloc(8)
  payload.writeUInt32BE(lastStream, 0)
  payload.writeUInt32BE(code, 4)
  return frame(FRAME.GOAWAY, 0, 0, payload)
}

/** A setting, as `SETTINGS` carries it. */
export function setting(identifier: number, value: number): Buffer {
  const payload = Buffer.alloc(6)
  payload.writeUInt16BE(identifier, 0)
  payload.writeUInt32BE(value, 2)
  return payload
}

/** A 32-bit number, as the payload of many frames. */
export function uint32(value: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(value)
  return payload
}

/** A frame that was received. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** What the client's first bytes are (RFC 9113, section 3.4). */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** Says hello on a connection, and then tells of each frame that comes. */
export function onFrames(socket: Socket, onFrame: (frame: Frame) => void): void {
  let rest = Buffer.alloc(0)
  let left = PREFACE.length
  socket.write(SETTINGS)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    const skipped = Math.min(left, rest.length)
    left -= skipped
    rest = rest.subarray(skipped)
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3)
      const [type = 0, flags = 0] = rest.subarray(3, 5)
      onFrame({ type, flags, stream: rest.readUInt32BE(5), payload: rest.subarray(9, end) })
      rest = rest.subarray(end)
    }
  })
}
