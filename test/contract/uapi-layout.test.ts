import { describe, expect, it } from 'vitest'
import { SvcAttr, SvcFlag } from '../../packages/ipvs/src/constants.ts'
import { encodeService } from '../../packages/ipvs/src/service-codec.ts'
import {
  AttributeWriter,
  decodeAddress,
  decodeGenl,
  decodeLink,
  decodeRoute,
  decodeTcpSocket,
  ErrAttr,
  encodeAddress,
  encodeGenl,
  encodeLinkKey,
  encodeMessage,
  encodeRoute,
  encodeRouteLookup,
  encodeSocketDestroy,
  encodeSocketDump,
  Flag,
  IfaAttr,
  parseAddress,
  RtAttr,
  readAttributes,
  readMessages,
  readStatus,
  Sock,
  SyscallError,
  unixPeer,
} from '../../packages/netlink/src/index.ts'
import { encodeNfgen, nfgenAttributes } from '../../packages/netlink/src/nft/header.ts'
import { NetlinkSocket } from '../../packages/netlink/src/socket.ts'
import { fakeKernel, reply } from '../../packages/netlink/src/testing/index.ts'
import { Layout } from './support/layout.ts'
import { findCompiler, readUapi, skipReason } from './support/uapi.ts'

// Distinct values in every field, written by our code and read where the C compiler puts the field, or the other way.
const compiler = findCompiler()
const reason = skipReason(compiler)
const title = `layouts and the kernel's headers${reason ? ` (${reason})` : ''}`

describe.skipIf(reason !== undefined)(title, () => {
  const c = new Layout(
    compiler === undefined ? { constants: {}, sizes: {}, offsets: {} } : readUapi(compiler),
  )
  const none = new Uint8Array()

  it('struct nlmsghdr', () => {
    const message = { type: 0x1122, flags: 0x3344, sequence: 0x55667788, portId: 0x99aabbcc, payload: none }
    const fields = c.struct('struct nlmsghdr', {
      nlmsg_len: [4, 16],
      nlmsg_type: [2, message.type],
      nlmsg_flags: [2, message.flags],
      nlmsg_seq: [4, message.sequence],
      nlmsg_pid: [4, message.portId],
    })
    expect(new Uint8Array(encodeMessage(message))).toEqual(fields)
    expect([...readMessages(fields)]).toEqual([message])
  })

  it('struct nlattr', () => {
    const fields = c.struct('struct nlattr', { nla_len: [2, 4], nla_type: [2, 0x1122] })
    expect(new Uint8Array(new AttributeWriter().bytes(0x1122, none).finish())).toEqual(fields)
    expect([...readAttributes(fields)].map(({ type, payload }) => [type, payload.length])).toEqual([
      [0x1122, 0],
    ])
  })

  it('struct genlmsghdr', () => {
    const fields = c.struct('struct genlmsghdr', { cmd: [1, 0x11], version: [1, 0x22], reserved: [2, 0] })
    expect(new Uint8Array(encodeGenl({ command: 0x11, attributes: none }, 0x22))).toEqual(fields)
    expect(decodeGenl(fields).command).toBe(0x11)
  })

  it('struct nlmsgerr with the attributes behind it', () => {
    const text = new AttributeWriter().text(ErrAttr.MSG, 'why').finish()
    const payload = new Uint8Array(
      c.offset('struct nlmsgerr', 'msg') + c.size('struct nlmsghdr') + text.length,
    )
    c.put(payload, c.offset('struct nlmsgerr', 'error'), 4, -22)
    payload.set(text, payload.length - text.length)
    const message = { type: 2, flags: Flag.CAPPED | Flag.ACK_TLVS, sequence: 1, portId: 1, payload }
    expect(readStatus(message)).toMatchObject({ errno: 22, extended: { message: 'why' } })
  })

  it('struct sockaddr_nl and struct timeval', () => {
    const kernel = fakeKernel(() => reply.ok())
    const seen: { address?: Uint8Array; time?: Uint8Array } = {}
    const socket = NetlinkSocket.open({
      protocol: 16,
      timeoutMs: 2500,
      strictDumps: false,
      libc: {
        ...kernel,
        bind: (_fd, address) => void Object.assign(seen, { address: Uint8Array.from(address) }),
        setsockopt: (_fd, _level, option, value) => {
          if (option === Sock.SO_RCVTIMEO) seen.time = Uint8Array.from(value)
        },
        getsockname: (_fd, address) => {
          address.set(
            c.struct('struct sockaddr_nl', {
              nl_family: [2, 16],
              nl_pid: [4, 0x11223344],
              nl_groups: [4, 5],
            }),
          )
          return address.length
        },
      },
    })
    expect(seen.address).toEqual(
      c.struct('struct sockaddr_nl', { nl_family: [2, Sock.AF_NETLINK], nl_pid: [4, 0], nl_groups: [4, 0] }),
    )
    expect(seen.time).toEqual(c.struct('struct timeval', { tv_sec: [8, 2], tv_usec: [8, 500_000] }))
    expect(socket.portId).toBe(0x11223344)
  })

  it('struct sockaddr_un and struct ucred', () => {
    const addresses: Uint8Array[] = []
    const libc = {
      ...fakeKernel(() => reply.ok()),
      connect: (_fd: number, address: Uint8Array) => {
        addresses.push(Uint8Array.from(address))
        if (addresses.length === 1) throw new SyscallError('connect', 111)
      },
      getsockopt: (_fd: number, _level: number, _option: number, value: Uint8Array) => {
        value.set(
          c.struct('struct ucred', { pid: [4, 0x11223344], uid: [4, 0x55667788], gid: [4, 0x12345678] }),
        )
        return value.length
      },
    }
    expect(unixPeer('a', { libc })).toEqual({ pid: 0x11223344, uid: 0x55667788 })
    const whole = c.struct('struct sockaddr_un', { sun_family: [2, Sock.AF_UNIX] })
    const path = c.offset('struct sockaddr_un', 'sun_path')
    whole[path + 1] = 0x61
    expect(addresses).toEqual([whole.subarray(0, path + 2), whole])
  })

  it('struct nfgenmsg', () => {
    // The resource is in network byte order.
    const resource = new Uint16Array(Uint8Array.of(0x11, 0x22).buffer)[0] ?? 0
    const fields = c.struct('struct nfgenmsg', {
      nfgen_family: [1, 10],
      version: [1, 0],
      res_id: [2, resource],
    })
    expect(encodeNfgen(10, 0x1122)).toEqual(fields)
    expect(nfgenAttributes(fields).length).toBe(0)
  })

  it('struct ifinfomsg', () => {
    const fields = c.struct('struct ifinfomsg', {
      ifi_family: [1, 0],
      ifi_type: [2, 0],
      ifi_index: [4, 0x11223344],
      ifi_flags: [4, 0x9],
      ifi_change: [4, 0x9],
    })
    expect(new Uint8Array(encodeLinkKey(0x11223344, 0x9))).toEqual(fields)
    expect(decodeLink(fields)).toMatchObject({ index: 0x11223344, up: true, loopback: true })
  })

  it('struct ifaddrmsg', () => {
    const spec = {
      linkIndex: 0x11223344,
      address: '10.0.0.1',
      prefixLength: 25,
      scope: 'link',
      flags: 0x42,
    } as const
    const fields = c.struct('struct ifaddrmsg', {
      ifa_family: [1, 2],
      ifa_prefixlen: [1, 25],
      ifa_flags: [1, 0x42],
      ifa_scope: [1, 253],
      ifa_index: [4, spec.linkIndex],
    })
    expect(new Uint8Array(encodeAddress(spec)).subarray(0, fields.length)).toEqual(fields)
    const local = new AttributeWriter().bytes(IfaAttr.LOCAL, parseAddress(spec.address).bytes).finish()
    expect(decodeAddress(Buffer.concat([fields, local]))).toMatchObject({ ...spec, family: 'inet' })
  })

  it('struct rtmsg and struct rtvia', () => {
    const spec = {
      destination: '10.0.0.0/25',
      table: 77,
      protocol: 99,
      scope: 'site',
      type: 'prohibit',
    } as const
    const numbers = { rtm_table: 77, rtm_protocol: 99, rtm_scope: 200, rtm_type: 8 }
    const fields = rtmsg({ rtm_family: 2, rtm_dst_len: 25, ...numbers })
    expect(new Uint8Array(encodeRoute(spec)).subarray(0, fields.length)).toEqual(fields)
    expect(
      new Uint8Array(encodeRouteLookup(parseAddress('10.0.0.1'), 0x3000)).subarray(0, fields.length),
    ).toEqual(rtmsg({ rtm_family: 2, rtm_dst_len: 32, rtm_flags: 0x3000 }))
    const via = new Uint8Array(c.offset('struct rtvia', 'rtvia_addr') + 16)
    c.put(via, c.offset('struct rtvia', 'rtvia_family'), 2, Sock.AF_INET6)
    via.set(parseAddress('fd00::7').bytes, c.offset('struct rtvia', 'rtvia_addr'))
    const attributes = new AttributeWriter()
      .bytes(RtAttr.DST, parseAddress('10.0.0.0').bytes)
      .bytes(RtAttr.VIA, via)
      .finish()
    expect(decodeRoute(Buffer.concat([fields, attributes]))).toMatchObject({ ...spec, gateway: 'fd00::7' })
  })

  it('struct inet_diag_req_v2, struct inet_diag_sockid and struct inet_diag_msg', () => {
    const end = (address: string, port: number) => ({ address, port })
    const socket = {
      family: 'inet6',
      local: end('fd00:1122:3344:5566:7788:99aa:bbcc:ddee', 0x1122),
      remote: end('fd01:1213:1415:1617:1819:1a1b:1c1d:1e1f', 0x3344),
      linkIndex: 0x41424344,
      cookie: 0x55667788_11223344n,
    } as const
    const request = c.struct('struct inet_diag_req_v2', {
      ...{ sdiag_family: [1, 10], sdiag_protocol: [1, 6], idiag_ext: [1, 0], pad: [1, 0] },
      idiag_states: [4, 0],
    })
    const message = c.struct('struct inet_diag_msg', {
      ...{ idiag_family: [1, 10], idiag_state: [1, 4] },
      ...{ idiag_uid: [4, 0x61626364], idiag_inode: [4, 0x71727374] },
    })
    for (const [bytes, type] of [
      [request, 'struct inet_diag_req_v2'],
      [message, 'struct inet_diag_msg'],
    ] as const) {
      const at = (field: string) => c.offset(type, 'id') + c.offset('struct inet_diag_sockid', field)
      bytes.set([0x11, 0x22], at('idiag_sport'))
      bytes.set([0x33, 0x44], at('idiag_dport'))
      bytes.set(parseAddress(socket.local.address).bytes, at('idiag_src'))
      bytes.set(parseAddress(socket.remote.address).bytes, at('idiag_dst'))
      c.put(bytes, at('idiag_if'), 4, socket.linkIndex)
      c.put(bytes, at('idiag_cookie'), 4, 0x11223344)
      c.put(bytes, at('idiag_cookie') + 4, 4, 0x55667788)
    }
    expect(encodeSocketDestroy(socket)).toEqual(request)
    const rest = { state: 'FIN_WAIT1', uid: 0x61626364, inode: 0x71727374 }
    expect(decodeTcpSocket(message)).toEqual({ ...socket, ...rest })
    const states = c.struct('struct inet_diag_req_v2', {
      ...{ sdiag_family: [1, 2], sdiag_protocol: [1, 6], idiag_states: [4, 0x402] },
    })
    expect(encodeSocketDump('inet', { states: ['ESTABLISHED', 'LISTEN'] })).toEqual(states)
  })

  it('struct ip_vs_flags', () => {
    const key = { protocol: 'tcp', address: '10.0.0.1', port: 1 } as const
    const bytes = encodeService({ ...key, scheduler: 'rr', flags: ['persistent', 'sched2'] })
    const [nest] = [...readAttributes(bytes)]
    const flags = [...(nest?.nested() ?? [])].find(({ type }) => type === SvcAttr.FLAGS)
    const expected = { flags: [4, SvcFlag.PERSISTENT | SvcFlag.SCHED2], mask: [4, 0xffffffff] } as const
    expect(new Uint8Array(flags?.payload ?? [])).toEqual(c.struct('struct ip_vs_flags', expected))
  })

  it('uapi.c prints no size or offset that is not compared above', () => {
    expect(c.unused()).toEqual([])
  })

  function rtmsg(values: Readonly<Record<string, number>>): Uint8Array {
    const bytes = ['family', 'dst_len', 'src_len', 'tos', 'table', 'protocol', 'scope', 'type']
    const fields = bytes.map((name) => [`rtm_${name}`, [1, values[`rtm_${name}`] ?? 0]] as const)
    return c.struct('struct rtmsg', {
      ...Object.fromEntries(fields),
      rtm_flags: [4, values['rtm_flags'] ?? 0],
    })
  }
})
