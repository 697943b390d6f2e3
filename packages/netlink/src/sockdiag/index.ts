export { SockDiag, type SockDiagOptions } from './client.ts'
export {
  decodeTcpSocket,
  encodeSocketDestroy,
  encodeSocketDump,
  type TcpSocket,
  type TcpSocketFilter,
} from './codec.ts'
export { DiagSize, INET_DIAG_NOCOOKIE, SockDiagType, TcpStateNumber } from './constants.ts'
export type { SocketEnd, SocketId } from './socket-id.ts'
export { TCP_STATES, type TcpState } from './states.ts'
