import { once } from 'node:events'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority } from '../../../../test/lab/authority.ts'
import type { MetricsTls } from '../../src/config-metrics.ts'
import type { Endpoint } from '../../src/index.ts'
import type { KeyPair } from '../probe/tls-server.ts'
import { until } from '../wait.ts'
import { ask, freePort, heard, log, pages, peer, serving } from './setting.ts'

let folder = ''
let authority: Authority
let [one, other, over]: KeyPair[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscare-metrics-'))
  authority = new Authority()
  one = authority.issue({ subject: '/CN=one' })
  other = authority.issue({ subject: '/CN=other' })
  over = authority.issue({ subject: '/CN=over', begins: -9, ends: -1 })
})
afterAll(() => {
  authority.close()
  rmSync(folder, { recursive: true })
})

function given(pair: KeyPair | undefined): KeyPair {
  if (pair === undefined) throw new Error('no key pair yet')
  return pair
}

/** Writes a file beside, and puts it in the place of the one that is there. */
function put(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
  return path
}

function files(name: string, pair: KeyPair | undefined): MetricsTls {
  const { cert, key } = given(pair)
  return { certFile: put(`${name}.crt`, cert), keyFile: put(`${name}.key`, key), clientCaFile: undefined }
}

/** Who is behind the certificate that is shown. */
async function shown({ address, port }: Endpoint): Promise<string> {
  const socket = connect({ host: address, port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}

describe('serveMetrics, with TLS', () => {
  it('serves every page over HTTPS, to who checks the certificate too, and nothing without TLS', async () => {
    const address = await serving({ metricsTls: files('plain', one) })
    const checking = { rejectUnauthorized: true, ca: authority.cert }
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect(await ask(address, path, { tls: checking })).toMatchObject({ status: 200 })
    await expect(ask(address, '/healthz')).rejects.toThrow(/socket hang up|ECONNRESET/)
    expect(log.lines).toMatchObject([{ message: 'metrics are served', fields: { tls: true } }])
  })

  it('speaks TLS 1.2 and later, and HTTP/1.1 only', async () => {
    const { address, port } = await serving({ metricsTls: files('versions', one) })
    const spoken = async (options: object): Promise<string> => {
      const socket = connect({ host: address, port, rejectUnauthorized: false, ...options })
      await once(socket, 'secureConnect')
      const words = `${socket.getProtocol()} ${socket.alpnProtocol}`
      socket.destroy()
      return words
    }
    expect(await spoken({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2 false')
    expect(await spoken({ ALPNProtocols: ['h2', 'http/1.1'] })).toBe('TLSv1.3 http/1.1')
    await expect(spoken({ ALPNProtocols: ['h2'] })).rejects.toThrow(/no application protocol/)
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(spoken(old)).rejects.toThrow(/protocol version|ECONNRESET/)
  })

  it('refuses to negotiate anew', async () => {
    const { address, port } = await serving({ metricsTls: files('anew', one) })
    const socket = connect({ host: address, port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    await once(socket, 'secureConnect')
    // Who hears no takes it for an error.
    const closed = new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve))
    const begun = performance.now()
    socket.renegotiate({ rejectUnauthorized: false }, () => undefined)
    await closed
    // After five seconds every connection ends.
    expect(performance.now() - begun).toBeLessThan(2500)
    expect((await ask({ address, port } as Endpoint, '/healthz', { tls: {} })).status).toBe(200)
  })

  it.each(['garbage', 'a reset'])('outlives %s beneath TLS', async (what) => {
    const { address, port } = await serving({ metricsTls: files('beneath', one) })
    const raw = connectTcp(port, address).on('error', () => undefined)
    const closed = once(raw, 'close')
    const socket = connect({ socket: raw, rejectUnauthorized: false }).on('error', () => undefined)
    await once(socket, 'secureConnect')
    if (what === 'garbage') raw.write(Buffer.alloc(64, 0x17))
    else raw.resetAndDestroy()
    await closed
    expect((await ask({ address, port } as Endpoint, '/healthz', { tls: {} })).status).toBe(200)
  })

  it('trusts nobody for a session of before that had no certificate either', async () => {
    const clientCaFile = put('clients.pem', authority.cert)
    const { address, port } = await serving({ metricsTls: { ...files('resumed', one), clientCaFile } })
    const target = { host: address, port, rejectUnauthorized: false, maxVersion: 'TLSv1.3' as const }
    const sessions: Buffer[] = []
    const statusOf = async (socket: TLSSocket): Promise<string | undefined> => {
      socket.on('session', (session) => sessions.push(session)).on('error', () => undefined)
      socket.write('GET /metrics HTTP/1.1\r\n\r\n')
      return /^HTTP\/1.1 (\d+)/.exec(await heard(socket))?.[1]
    }
    expect(await statusOf(connect(target))).toBe('403')
    const [session] = sessions
    expect(await statusOf(connect({ ...target, ...(session && { session }) }))).toBe('403')
  })

  it('takes one file for both, and shows new ones as soon as they are there, also behind a link', async () => {
    const { cert, key } = given(one)
    put('both-1.pem', key + cert)
    const link = join(folder, 'both.pem')
    symlinkSync('both-1.pem', link)
    const address = await serving({ metricsTls: { certFile: link, keyFile: link, clientCaFile: undefined } })
    expect(await shown(address)).toBe('one')
    put('both-2.pem', given(other).key + given(other).cert)
    unlinkSync(link)
    symlinkSync('both-2.pem', link)
    expect(await shown(address)).toBe('other')
    expect(log.take()).toEqual([
      'info metrics are served',
      'info certificate files of the metrics read again',
    ])
  })

  it('keeps the last good ones while the new ones cannot be used, and says so once', async () => {
    const tls = files('renewed', one)
    const address = await serving({ metricsTls: tls })
    put('renewed.crt', given(other).cert)
    for (let round = 0; round < 3; round += 1) expect(await shown(address)).toBe('one')
    put('renewed.key', given(other).key)
    expect(await shown(address)).toBe('other')
    expect(log.lines.slice(1)).toMatchObject([
      {
        level: 'error',
        message: 'certificate files of the metrics cannot be used, the last good ones stay',
        fields: { error: expect.stringMatching(/^--metrics-tls-key ".*" does not belong|does not belong/) },
      },
      { level: 'info', message: 'certificate files of the metrics read again' },
    ])
  })

  it('waits for files that are not there yet, like for an address that is taken', async () => {
    const address = await freePort()
    const tls = {
      certFile: join(folder, 'late.crt'),
      keyFile: join(folder, 'late.key'),
      clientCaFile: undefined,
    }
    await serving({ metricsAddress: address, metricsTls: tls }, pages(), { againMs: 10 })
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        message: 'metrics are not served',
        fields: {
          address: address.text,
          code: 'ERR_LVSCARE_USAGE',
          error: expect.stringMatching(/^--metrics-tls-cert ".*late\.crt": cannot be read: ENOENT$/),
        },
      },
    ])
    await expect(ask(address, '/healthz', { tls: {} })).rejects.toThrow('ECONNREFUSED')
    files('late', one)
    await until('metrics served', () => log.lines.some(({ message }) => message === 'metrics are served'))
    expect((await ask(address, '/healthz', { tls: {} })).status).toBe(200)
  })

  it('goes on with a certificate that has ended, for kubelet does not look at it, and says so once', async () => {
    const address = await serving({ metricsTls: files('over', over) })
    for (let round = 0; round < 2; round += 1)
      expect((await ask(address, '/healthz', { tls: {} })).status).toBe(200)
    expect(log.take()).toEqual(['info metrics are served', 'warn the certificate of the metrics has ended'])
  })

  it('ends a handshake that does not get on, and a connection that says nothing after it', async () => {
    const address = await serving({ metricsTls: files('slow', one) }, pages(), { connectionMs: 100 })
    const dripping = peer(address)
    const timer = setInterval(() => dripping.write('\x16'), 10)
    expect(await heard(dripping)).toBe('')
    clearInterval(timer)
    const silent: TLSSocket = connect({ ...address, host: address.address, rejectUnauthorized: false })
    await once(
      silent.on('error', () => undefined),
      'close',
    )
  })
})

describe('serveMetrics, with authorities of clients', () => {
  it('shows /metrics to their clients only, and the pages of kubelet to everybody', async () => {
    const clientCaFile = put('clients.pem', authority.cert)
    const address = await serving({ metricsTls: { ...files('mutual', one), clientCaFile } })
    const stranger = new Authority('/CN=stranger')
    const wrong = stranger.issue()
    stranger.close()
    const own = given(other)
    const status = async (path: string, pair: Partial<KeyPair>): Promise<number | undefined> =>
      (await ask(address, path, { tls: pair })).status
    expect(await status('/metrics', own)).toBe(200)
    for (const pair of [{}, wrong, given(over)]) {
      expect(await status('/metrics', pair)).toBe(403)
      expect(await status('/healthz', pair)).toBe(200)
      expect(await status('/readyz', pair)).toBe(200)
    }
    expect((await ask(address, '/metrics', { tls: {} })).body).toBe('a client certificate is needed\n')
  })

  it('names the flag of a file that cannot be used', async () => {
    const clientCaFile = put('empty.pem', '')
    await serving({ metricsTls: { ...files('refused', one), clientCaFile } })
    expect(log.lines[0]?.fields['error']).toBe(
      `--metrics-client-ca ${JSON.stringify(clientCaFile)}: holds no certificate in PEM`,
    )
  })
})
