import type { Libc } from '@lvscare/netlink'

/** One libc for several fake kernels, by the protocol of the socket; of one that nobody has, `socket` throws as it is told. */
export function manyKernels(byProtocol: ReadonlyMap<number, Libc>, missing: () => never): Libc {
  const sockets = new Map<number, { readonly libc: Libc; readonly fd: number }>()
  let next = 10
  const of = (fd: number) => {
    const found = sockets.get(fd)
    if (found === undefined) return missing()
    return found
  }
  return {
    name: 'fakes',
    socket: (domain, type, protocol) => {
      const libc = byProtocol.get(protocol) ?? missing()
      sockets.set(next, { libc, fd: libc.socket(domain, type, protocol) })
      next += 1
      return next - 1
    },
    bind: (fd, address) => of(fd).libc.bind(of(fd).fd, address),
    connect: (fd, address) => of(fd).libc.connect(of(fd).fd, address),
    getsockname: (fd, address) => of(fd).libc.getsockname(of(fd).fd, address),
    setsockopt: (fd, level, option, value) => of(fd).libc.setsockopt(of(fd).fd, level, option, value),
    getsockopt: (fd, level, option, value) => of(fd).libc.getsockopt(of(fd).fd, level, option, value),
    send: (fd, bytes, flags) => of(fd).libc.send(of(fd).fd, bytes, flags),
    recv: (fd, buffer, flags) => of(fd).libc.recv(of(fd).fd, buffer, flags),
    recvNow: (fd, buffer, flags) => of(fd).libc.recvNow(of(fd).fd, buffer, flags),
    setns: () => undefined,
    close: (fd) => {
      of(fd).libc.close(of(fd).fd)
      sockets.delete(fd)
    },
  }
}
