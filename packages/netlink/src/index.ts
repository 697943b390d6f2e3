/**
 * Netlink for Node through FFI: sockets and messages, generic netlink, rtnetlink, nf_tables, sock_diag.
 *
 * @module @lvscare/netlink
 */

export {
  type AddressBytes,
  type AddressFamily,
  addressFamily,
  FamilyNumber,
  familyOf,
  formatAddress,
  parseAddress,
} from './address.ts'
export { AttributeWriter } from './attribute-writer.ts'
export { Attribute, readAttributes } from './attributes.ts'
export type { Refusal } from './batch.ts'
export { align, getU16, getU32, LITTLE, putU16, putU32, unsigned, viewOf } from './bytes.ts'
export { Connection, type ConnectionOptions, type Request } from './connection.ts'
export { AttrFlag, ControlType, ErrAttr, Flag, Protocol, Size, Sock, SockOpt } from './constants.ts'
export {
  BindingError,
  DecodeError,
  type ExtendedAck,
  errnoName,
  isNetlinkError,
  KernelError,
  NamespaceLostError,
  NetlinkError,
  type NetlinkErrorCode,
  NoFamilyError,
  NoSubsystemError,
  SyscallError,
} from './errors.ts'
export { CtrlAttr, CtrlCommand, Genl } from './genl/constants.ts'
export { type FamilyInfo, lookupFamily } from './genl/controller.ts'
export { GenlFamily, type GenlOptions } from './genl/family.ts'
export { decodeGenl, encodeGenl, type GenlMessage } from './genl/header.ts'
export type { Libc } from './libc/libc.ts'
export { BINDING_NAMES, defaultLibc, loadLibc } from './libc/load.ts'
export { encodeMessage, type Message, readMessages, readStatus, type Status } from './message.ts'
export { inNetworkNamespace, type NetworkNamespaceOptions } from './network-namespace.ts'
export * from './nft/index.ts'
export * from './rtnl/index.ts'
export * from './sockdiag/index.ts'
export { setTcpUserTimeout, type TcpUserTimeoutOptions } from './tcp-user-timeout.ts'
export { type UnixPeer, type UnixPeerOptions, unixPeer } from './unix-peer.ts'
