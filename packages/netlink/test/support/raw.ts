import { LITTLE, viewOf } from '../../src/bytes.ts'
import { Flag, Protocol, Size, Sock } from '../../src/constants.ts'
import { CtrlAttr, CtrlCommand, Genl } from '../../src/genl/constants.ts'
import { encodeGenl } from '../../src/genl/header.ts'
import { AttributeWriter, encodeMessage } from '../../src/index.ts'
import type { Libc } from '../../src/libc/libc.ts'

/** What fills memory that a call must not touch. */
export const SENTINEL = 0xee

/** A view of `length` bytes in the middle of memory that is full of {@link SENTINEL}. */
export function middle(length: number): { readonly view: Uint8Array; readonly untouched: () => boolean } {
  const before = 24
  const memory = new Uint8Array(before + length + 40).fill(SENTINEL)
  const outside = () => [...memory.subarray(0, before), ...memory.subarray(before + length)]
  return {
    view: memory.subarray(before, before + length),
    untouched: () => outside().every((byte) => byte === SENTINEL),
  }
}

/** `struct sockaddr_nl` of a port, in the middle of other memory. */
export function netlinkAddress(portId = 0): Uint8Array {
  const { view } = middle(Size.SOCKADDR_NL)
  view.fill(0)
  viewOf(view).setUint16(0, Sock.AF_NETLINK, LITTLE)
  viewOf(view).setUint32(4, portId, LITTLE)
  return view
}

/** `struct timeval` of a 64-bit ABI. */
export function timeval(ms: number): Uint8Array {
  const { view } = middle(16)
  viewOf(view).setBigInt64(0, BigInt(Math.floor(ms / 1000)), LITTLE)
  viewOf(view).setBigInt64(8, BigInt((ms % 1000) * 1000), LITTLE)
  return view
}

/** A C int. */
export function int(value: number): Uint8Array {
  const { view } = middle(4)
  viewOf(view).setInt32(0, value, LITTLE)
  return view
}

/** Runs `use` with a bound and connected generic netlink socket, and closes it. */
export function withSocket<T>(libc: Libc, use: (fd: number) => T): T {
  const fd = libc.socket(Sock.AF_NETLINK, Sock.SOCK_RAW | Sock.SOCK_CLOEXEC, Protocol.GENERIC)
  try {
    libc.bind(fd, netlinkAddress())
    libc.connect(fd, netlinkAddress())
    return use(fd)
  } finally {
    libc.close(fd)
  }
}

/** "Who is nlctrl?": every kernel with generic netlink answers with one datagram and no acknowledgement. */
export function getFamily(sequence = 7): Uint8Array {
  const attributes = new AttributeWriter().text(CtrlAttr.FAMILY_NAME, 'nlctrl').finish()
  const payload = encodeGenl({ command: CtrlCommand.GETFAMILY, attributes }, 1)
  return encodeMessage({ type: Genl.ID_CTRL, flags: Flag.REQUEST, sequence, portId: 0, payload })
}

/** The answer to {@link getFamily} with the port id, which differs from socket to socket, set to 0. */
export function familyAnswer(libc: Libc): Uint8Array {
  return withSocket(libc, (fd) => {
    libc.send(fd, getFamily(), 0)
    const buffer = new Uint8Array(4096)
    const answer = buffer.slice(0, libc.recv(fd, buffer, 0))
    viewOf(answer).setUint32(12, 0, LITTLE)
    return answer
  })
}

/** The symbol of the errno with which `call` fails, or `none`. */
export function errnoOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof Error && 'errno' in error) return String(error.errno)
    throw error
  }
  return 'none'
}
