import { parseEndpoint } from '../../packages/lvscare/src/endpoint.ts'

/** The virtual server that is guarded, and its real servers. */
export const VIRTUAL_SERVER = parseEndpoint('10.103.97.2:6443')
export const SERVERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443'].map(parseEndpoint)
