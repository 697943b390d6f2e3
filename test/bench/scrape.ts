import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { endpoint } from '../../packages/lvscare/src/endpoint.ts'
import { Metrics } from '../../packages/lvscare/src/metrics.ts'
import type { Pages } from '../../packages/lvscare/src/serve/pages.ts'
import { serveMetrics } from '../../packages/lvscare/src/server.ts'
import { guardView, serverView } from '../../packages/lvscare/test/views.ts'
import type { Result } from './stats.ts'

const SERVERS = ['192.0.2.1:6443', '192.0.2.2:6443', '192.0.2.3:6443']
const CONNECTIONS = 32
const STORM_MS = 5000
const TICK_MS = 50

/** Questions that a connection asks at once, where it asks more than one. */
const MANY = 300

/** From one pass to the next, in milliseconds: what comes that late is a pass that was left out. */
const PASS_MS = 500

/** A server of the pages. */
interface Served {
  readonly port: number
  close(): Promise<void>
}

/** How late the guard's own work is while somebody storms its metrics. */
export async function benchScrape(): Promise<Result[]> {
  const scrapes = await worstDelay(await serveOurs(), 1)
  const questions = await worstDelay(await serveOurs(), MANY)
  const rival = await worstDelay(await serveWithNode(), MANY)
  return [
    {
      what: `the worst delay of a timer while ${CONNECTIONS} connections scrape again and again, against the time between passes`,
      ...compared(scrapes, PASS_MS),
      target: 1,
    },
    {
      what: `the same when each asks ${MANY} times at once, against node:http`,
      ...compared(questions, rival),
      target: 0.5,
    },
  ]
}

function compared(ours: number, rival: number): Pick<Result, 'ours' | 'rival' | 'ratio' | 'rule'> {
  return {
    ours: `${ours.toFixed(0)} ms`,
    rival: `${rival.toFixed(0)} ms`,
    ratio: ours / rival,
    rule: 'at most',
  }
}

async function worstDelay(served: Served, questions: number): Promise<number> {
  const storm = attack(served.port, questions)
  await delay(500)
  let worst = 0
  let due = performance.now() + TICK_MS
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - due)
    due = performance.now() + TICK_MS
  }, TICK_MS)
  await delay(STORM_MS)
  // What has not come yet is late too.
  worst = Math.max(worst, performance.now() - due)
  clearInterval(timer)
  const gone = once(storm, 'exit')
  storm.kill('SIGKILL')
  await gone
  await served.close()
  return worst
}

/** A process of its own: who attacks must not be slowed down with who is attacked. */
function attack(port: number, questions: number): ChildProcess {
  const program = `
    const text = 'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'.repeat(${questions})
    const open = () => {
      const socket = require('net').connect(${port}, '127.0.0.1')
      socket.on('error', () => {}).on('close', () => setImmediate(open)).resume().write(text)
    }
    for (let n = 0; n < ${CONNECTIONS}; n += 1) open()`
  return spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'inherit'] })
}

function pages(): Pages {
  const view = (): ReturnType<typeof guardView> =>
    guardView({ servers: SERVERS.map((server) => serverView(server)) })
  return { view, metrics: new Metrics({ version: '1', servers: SERVERS, view, kernel: () => [] }) }
}

async function serveOurs(): Promise<Served> {
  const probe = createTcpServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const config = { metricsAddress: endpoint('127.0.0.1', 'inet', port), metricsTls: undefined }
  const nobody = { debug: silent, info: silent, warn: silent, error: silent }
  return { port, ...(await serveMetrics(config, pages(), { log: nobody })) }
}

function silent(): void {
  // Nobody reads the log.
}

/** The least that would do, with Node's own server. */
async function serveWithNode(): Promise<Served> {
  const { metrics } = pages()
  const server = createServer((_request, response) => {
    void metrics.text().then((text) => response.writeHead(200, { connection: 'close' }).end(text))
  })
  server.maxConnections = CONNECTIONS
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, close }
}
