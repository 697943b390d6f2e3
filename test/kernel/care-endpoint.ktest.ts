import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Authority } from '../lab/authority.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { NODE } from '../lab/hosts.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { Prometheus } from '../lab/prometheus.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000
const PORT = 19_699

/** Many times what an idle machine takes: all is emulated, and somebody floods it. */
const FOLLOWED_MS = 10_000

/** Holds more connections than there are seats: some say nothing, the others begin a TLS handshake and stop. */
const HOSTILE = `
  const hello = Buffer.from('16030102000100', 'hex')
  const open = (n) => {
    const socket = require('net').connect(${PORT}, '${NODE.v4}')
    socket.on('error', () => {}).on('close', () => setTimeout(open, 2000, n)).resume()
    if (n % 2 === 0) socket.write(hello)
  }
  for (let n = 0; n < 40; n += 1) open(n)`

/** Reads the page as another host does, and prints the status. */
function scrapeProgram(pair: string | undefined): string {
  const shown = pair === undefined ? '' : `cert: pair, key: pair,`
  return `
    const pair = ${JSON.stringify(pair ?? '')}
    const options = { host: '${NODE.v4}', port: ${PORT}, path: '/metrics', ${shown} rejectUnauthorized: false, agent: false }
    require('https').get(options, (response) => { console.log(response.statusCode); response.resume() })`
}

describe('lvscare care, its metrics over TLS and hostile hosts', { skip: ranOn('6.12') }, () => {
  let cluster: TestCluster
  let authority: Authority
  let guard: GuardProcess
  let folder: string
  let hostile: ChildProcess | undefined
  let client: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lvscare-endpoint-'))
    authority = new Authority()
    cluster = await TestCluster.create('a', 'b', 'c')
    const own = authority.issue({ subject: '/CN=guard', names: [`IP:${NODE.v4}`] })
    const scraper = authority.issue({ subject: '/CN=prometheus' })
    client = scraper.key + scraper.cert
    for (const [name, text] of Object.entries({ own: own.key + own.cert, client, ca: authority.cert }))
      writeFileSync(join(folder, name), text)
    const tls = ['--metrics-tls-cert', path('own'), '--metrics-tls-key', path('own')]
    const clients = ['--metrics-client-ca', path('ca'), '--metrics-address', `${NODE.v4}:${PORT}`]
    guard = new GuardProcess([...cluster.flags, '--interval', '300ms', ...tls, ...clients])
    await guard.logged('metrics are served', LIMIT_MS, (line) => line['tls'] === true)
    await waitFor('three up', LIMIT_MS, () => guard.log.filter(({ to }) => to === 'up').length === 3)
    hostile = spawn('ip', ['netns', 'exec', 'c', process.execPath, '-e', HOSTILE], { stdio: 'inherit' })
    const established = ['-Htn', 'state', 'established', 'sport', '=', `:${PORT}`]
    await waitFor(
      'a host that holds connections',
      LIMIT_MS,
      () => exec('ss', ...established).split('\n').length > 8,
    )
  })
  after(async () => {
    if (hostile !== undefined) {
      hostile.kill('SIGKILL')
      await once(hostile, 'exit')
    }
    await GuardProcess.killAll()
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    await cluster.remove()
    authority.close()
    rmSync(folder, { recursive: true })
  })

  function path(name: string): string {
    return join(folder, name)
  }

  /** What kubelet asks: any certificate will do, none is shown. */
  async function healthz(): Promise<number | undefined> {
    const target = { host: NODE.v4, port: PORT, path: '/healthz' }
    const call = request({ ...target, rejectUnauthorized: false, agent: false, timeout: LIMIT_MS }).end()
    const [response] = await once(call, 'response')
    response.resume()
    return response.statusCode
  }

  it('answer kubelet while a host holds all the connections it gets', async () => {
    for (let round = 0; round < 3; round += 1) assert.equal(await healthz(), 200)
  })

  it('answer another host, which has to show its certificate', () => {
    const { host } = cluster.server('b')
    const status = (pair?: string): string => host.run(process.execPath, '-e', scrapeProgram(pair)).trim()
    assert.equal(status(client), '200')
    assert.equal(status(), '403')
  })

  it('are scraped by a real Prometheus, while the rule follows the servers in time', async () => {
    const files = { ca_file: path('ca'), cert_file: path('client'), key_file: path('client') }
    const target = `${NODE.v4}:${PORT}`
    const job = { scheme: 'https', tls_config: files }
    const prometheus = await Prometheus.start(target, { job, every: '5s' })
    try {
      const isUp = async (): Promise<boolean> => (await prometheus.query('up == 1')).length === 1
      await waitFor('a scrape', 4 * LIMIT_MS, isUp)
      const { endpoint } = cluster.server('a')
      const start = performance.now()
      await cluster.server('a').kill()
      await waitFor('removal', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.has(endpoint) === false)
      assert.ok(performance.now() - start < FOLLOWED_MS)
      await waitFor('what Prometheus knows', LIMIT_MS, async () => {
        const samples = await prometheus.query(`lvscare_server_state{server="${endpoint}",state="down"} == 1`)
        return samples.length === 1
      })
      assert.ok(await isUp())
    } finally {
      await prometheus.stop()
    }
  })

  it('have cost nothing: no complaint about them in the log, and no more descriptors than there are seats', () => {
    const about = /metrics|request/
    const complaints = guard.log.filter(({ level, msg = '' }) => level !== 'info' && about.test(msg))
    assert.deepEqual(complaints, [])
    const descriptors = exec('ls', `/proc/${guard.process.pid}/fd`).trim().split('\n').length
    assert.ok(descriptors < 80, `${descriptors} descriptors`)
  })
})
