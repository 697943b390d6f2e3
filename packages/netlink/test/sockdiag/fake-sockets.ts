import {
  encodeSocketDestroy,
  getU32,
  type Message,
  putU32,
  SockDiagType,
  type TcpSocket,
} from '../../src/index.ts'
import { fakeKernel, type Reply, reply } from '../../src/testing/index.ts'

/** `struct inet_diag_msg` of a socket in a state; made of the identity in the request that would end it. */
export function listed(socket: TcpSocket, state = 1): Uint8Array {
  const bytes = new Uint8Array(72)
  const request = encodeSocketDestroy(socket)
  bytes.set([request[0] ?? 0, state])
  bytes.set(request.subarray(8), 4)
  putU32(bytes, 64, socket.uid)
  putU32(bytes, 68, socket.inode)
  return bytes
}

/** A kernel with these sockets, all of them established, and the requests it saw. */
export class FakeSockets {
  readonly requests: Message[] = []
  readonly libc: ReturnType<typeof fakeKernel> = fakeKernel((request) => this.#answer(request))
  readonly #sockets: Uint8Array[]

  constructor(sockets: readonly TcpSocket[]) {
    this.#sockets = sockets.map((socket) => listed(socket))
  }

  #answer(request: Message): Reply {
    this.requests.push(request)
    const { type, payload } = request
    return type === SockDiagType.DESTROY ? this.#destroy(payload) : reply.objects(...this.#list(payload))
  }

  #list(payload: Uint8Array): { readonly type: number; readonly payload: Uint8Array }[] {
    const [wantsLocal, wantsRemote] = [payload.subarray(8, 10), payload.subarray(10, 12)]
    const found = this.#sockets.filter(
      (one) =>
        one[0] === payload[0] &&
        (getU32(payload, 4) & (1 << (one[1] ?? 0))) !== 0 &&
        fits(wantsLocal, one.subarray(4, 6)) &&
        fits(wantsRemote, one.subarray(6, 8)),
    )
    return found.map((one) => ({ type: SockDiagType.DIAG_BY_FAMILY, payload: one }))
  }

  /** As the kernel: by the ends, and only if it is the one with the cookie. */
  #destroy(payload: Uint8Array): Reply {
    const identity = Buffer.from(payload.subarray(8))
    const index = this.#sockets.findIndex((one) => identity.equals(one.subarray(4, 52)))
    if (index < 0) return reply.errno('ENOENT')
    this.#sockets.splice(index, 1)
    return reply.ok()
  }
}

function fits(wanted: Uint8Array, has: Uint8Array): boolean {
  return wanted.every((byte) => byte === 0) || Buffer.from(wanted).equals(has)
}
