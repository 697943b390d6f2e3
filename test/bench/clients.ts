import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connectionColumns, type ReadConnectionsOptions, readConnections } from '@lvscare/ipvs'
import type { TcpSocket } from '@lvscare/netlink'
import { KernelClients } from '../../packages/lvscare/src/clients/kernel-clients.ts'
import { endpoint, endpointText } from '../../packages/lvscare/src/endpoint.ts'
import { median, type Result } from './stats.ts'

const ENTRIES = 200_000
const CLIENTS = 40
const EVERY = ENTRIES / CLIENTS
const READS = 15
const WARM_UP = 3
const MAX_BLOCK_MS = 20

const VIRTUAL = endpoint('10.103.97.2', 'inet', 6443)
const SERVER = { address: '192.0.2.11', port: 6443 }
const NODE = '192.0.2.1'

/** What it costs to look for the clients of a server in the table of a busy node: a file as long as the kernel's would be. */
export async function benchClients(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lvscare-bench-'))
  try {
    const path = join(folder, 'ip_vs_conn')
    await pipeline(Readable.from(table()), createWriteStream(path))
    return [await longestBlock(path), await heldMemory(path)]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The median of several readings: whatever else the machine does delays the loop now and then. */
async function longestBlock(path: string): Promise<Result> {
  const blocks = []
  for (let n = 0; n < WARM_UP + READS; n += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await find({ path })
    delay.disable()
    if (n >= WARM_UP) blocks.push(delay.max / 1e6)
  }
  return {
    what: 'longest block of the event loop while clients are looked for among 200 000 connections',
    ours: `${median(blocks).toFixed(1)} ms`,
    rival: `${MAX_BLOCK_MS} ms`,
    ratio: median(blocks) / MAX_BLOCK_MS,
    rule: 'at most',
    target: 1,
  }
}

/** Memory that is still needed halfway, against a program that keeps the entries. */
async function heldMemory(path: string): Promise<Result> {
  const before = neededMiB()
  let [lines, ours] = [0, 0]
  const filter = (): boolean => {
    lines += 1
    if (lines === ENTRIES / 2) ours = Math.max(0, neededMiB() - before)
    return true
  }
  await find({ path, filter })
  const kept = []
  for await (const entry of readConnections({ path })) kept.push(entry)
  const rival = neededMiB() - before
  return {
    what: `memory held halfway through them, against the ${kept.length.toLocaleString('en')} entries`,
    ours: `${ours.toFixed(1)} MiB`,
    rival: `${rival.toFixed(1)} MiB`,
    ratio: ours / rival,
    rule: 'at most',
    target: 0.02,
  }
}

/** Where the table is, and who is told each line of it. */
type Look = Required<Pick<ReadConnectionsOptions, 'path'>> & Pick<ReadConnectionsOptions, 'filter'>

/** Looks for the clients. */
async function find({ path, filter = () => true }: Look): Promise<void> {
  const sockets = Array.from({ length: CLIENTS + 1 }, (_, n) => socketOf(n))
  const clients = new KernelClients({
    virtual: VIRTUAL,
    namespaces: 'own',
    edges: {
      otherNamespaces: async () => [],
      openSockets: async () => ({ tcpSockets: () => sockets, destroy: () => true, close: () => {} }),
      connections: ({ filter: wanted = () => true, ...options }) =>
        readConnections({ ...options, path, filter: (line) => filter(line) && wanted(line) }),
    },
  })
  const server = endpointText(SERVER.address, SERVER.port)
  const found = await clients.mappedTo(new Set([server]), new AbortController().signal)
  if (found.length !== CLIENTS) throw new Error(`${found.length} clients were found, not ${CLIENTS}`)
}

/** The last one has no entry, so that the whole table is read. */
function socketOf(n: number): TcpSocket {
  const { address, port } = VIRTUAL
  return {
    family: 'inet',
    state: 'ESTABLISHED',
    local: { address: NODE, port: 40_000 + n },
    remote: { address, port },
    cookie: BigInt(n + 1),
    uid: 0,
    inode: 0,
  }
}

function* table(): Generator<string> {
  yield 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n'
  const [virtual, server] = [connectionColumns(VIRTUAL), connectionColumns(SERVER)]
  for (let n = 0; n < ENTRIES; n += 1) {
    const ours = n % EVERY === 0
    const address = ours ? NODE : `10.244.${(n >> 8) & 255}.${n & 255}`
    const client = { address, port: 40_000 + Math.floor(n / EVERY) }
    const [to, dest] = ours ? [virtual, server] : ['0A60000A 01BB', '0AF40105 20FB']
    yield `TCP ${connectionColumns(client)} ${to} ${dest} ESTABLISHED     898\n`
  }
}

function neededMiB(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1024 / 1024
}

/** What is left afterwards is needed; node has no other way to say so. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
}
