import { Sock } from '../constants.ts'
import type { Libc } from '../libc/libc.ts'

/** One datagram on its way, in order. */
export interface Exchange {
  readonly direction: 'request' | 'answer'
  readonly bytes: Uint8Array
}

/** The same libc, with every datagram that was sent or taken appended to `log`: how golden bytes are captured. */
export function recordingLibc(libc: Libc, log: Exchange[]): Libc {
  return {
    ...libc,
    send: (fd, bytes, flags) => {
      log.push({ direction: 'request', bytes: Uint8Array.from(bytes) })
      return libc.send(fd, bytes, flags)
    },
    recv: (fd, buffer, flags) => {
      const length = libc.recv(fd, buffer, flags)
      if ((flags & Sock.MSG_PEEK) === 0) {
        log.push({ direction: 'answer', bytes: Uint8Array.from(buffer.subarray(0, length)) })
      }
      return length
    },
  }
}
