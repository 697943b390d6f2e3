import { parseConnectionLine } from '@lvscare/ipvs'
import {
  addressesOf,
  configuredNodeAddress,
  NODE_NAME,
} from '../../packages/lvscare/src/path/node-address.ts'
import { parseReport } from '../../packages/lvscare/src/status/parse.ts'
import { statusText } from '../../packages/lvscare/src/status/table.ts'
import { VIRTUAL_SERVER } from './world.ts'

/** A reader of text that others wrote. */
interface TextReader {
  readonly samples: readonly string[]
  readonly read: (text: string) => unknown
  /** What it may throw; nothing where it is not said. */
  readonly throws?: readonly string[]
}

const LINE = 'TCP 0A0000FE A6B6 0A676102 192B C000020B 192B ESTABLISHED     899'
const LINE6 =
  'TCP fd00:0000:0000:0000:0000:0000:0000:00fe A6B6 fd00:0103:0097:0000:0000:0000:0000:0002 192B 2001:0db8:0000:0000:0000:0000:0000:000b 192B FIN_WAIT        99 sip call-id'

const why = { outcome: 'dead', reason: 'refused', status: null, detail: 'connect ECONNREFUSED' }
const server = {
  ...{ server: '192.0.2.11:6443', configured: true, state: 'up', why, since: '2026-11-21T00:00:00.000Z' },
  ...{ sinceSeconds: 12, failingSince: null, failingSeconds: null, wantedWeight: 1, weight: 1 },
  ...{ activeConnections: 3, inactiveConnections: 1, connectionsTotal: 9, incomingPacketsTotal: 1 },
  ...{ outgoingPacketsTotal: 1, incomingBytesTotal: 1e9, outgoingBytesTotal: 0 },
  lastProbe: { ...why, time: '2026-11-21T00:00:00.000Z', ageSeconds: 1, ms: 4 },
  certificate: { expires: '2027-01-01T00:00:00.000Z', daysLeft: 40, subject: 'a', issuer: 'b', names: ['c'] },
}
const report = {
  ...{ source: 'guard', time: '2026-11-21T00:00:00.000Z', virtual: '10.103.97.2:6443', scheduler: 'rr' },
  ...{ mode: 'local', guardError: null, kernelError: null, allDown: false, servers: [server, server] },
  guard: {
    ...{ version: '1', pid: 7, flags: { rs: ['192.0.2.11:6443'] }, started: '2026-11-21T00:00:00.000Z' },
    ...{ uptimeSeconds: 3, active: true, alive: true, ready: true },
  },
  path: [{ piece: 'route', ok: false, error: 'no', repairs: 2 }],
}

/** Everything that reads text of the kernel, of files or of another process, by name. */
export const READERS: Readonly<Record<string, TextReader>> = {
  'connection line': { samples: [LINE, LINE6], read: parseConnectionLine },
  hosts: {
    samples: [`127.0.0.1 localhost\n192.0.2.1 ${NODE_NAME} node # the node\n::1 localhost\n`],
    read: (hosts) => [
      addressesOf(NODE_NAME, hosts),
      configuredNodeAddress({ flag: undefined, environment: undefined, hosts }, VIRTUAL_SERVER),
    ],
  },
  'status report': {
    samples: [JSON.stringify(report)],
    read: (text) => statusText([parseReport(JSON.parse(text))]),
    // Which is told as "the guard does not make itself understood".
    throws: ['SyntaxError', 'TypeError'],
  },
}
