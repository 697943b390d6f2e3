import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEndpoint } from 'lvscare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority } from '../../../../../test/lab/authority.ts'
import { contactServers, contactVirtual } from '../../../src/doctor/gather/contacts.ts'
import { type ProbeOptions, Prober } from '../../../src/probe/prober.ts'
import { closing, HEALTH, NO_STOP } from '../../probe/setting.ts'
import { http, https, nobody, type TestServer, tcp } from '../../probe/tls-server.ts'
import { configOf, DAY_MS, VIP } from '../healthy.ts'

const folder = mkdtempSync(join(tmpdir(), 'lvscare-doctor-'))
let authority: Authority
let stranger: Authority

beforeAll(() => {
  authority = new Authority()
  stranger = new Authority('/CN=stranger')
  writeFileSync(join(folder, 'ca.pem'), authority.cert)
})
afterAll(() => {
  authority.close()
  stranger.close()
  rmSync(folder, { recursive: true })
})

const ASKING = { newProber: (options: ProbeOptions): Prober => new Prober(options), signal: NO_STOP }

/** A configuration whose servers, or whose virtual server, are on this machine. */
function configFor(
  servers: readonly string[],
  health: Partial<typeof HEALTH> = {},
): ReturnType<typeof configOf> {
  const config = configOf()
  const own = servers.map((origin) => parseEndpoint(new URL(origin).host))
  return { ...config, servers: own, virtual: own[0] ?? config.virtual, health: { ...HEALTH, ...health } }
}

function ok(pair: ReturnType<Authority['issue']>, status = 200): Promise<TestServer> {
  return closing(https(pair, (_request, response) => void response.writeHead(status).end('ok')))
}

describe('contactServers()', () => {
  it('asks as the guard does, and reads the certificate', async () => {
    const begun = Date.now()
    const { origin } = await ok(authority.issue({ names: ['DNS:kubernetes', 'IP:127.0.0.1'], ends: 40 }))
    const [found] = await contactServers({ ...configFor([origin]), virtual: configOf().virtual }, ASKING)
    expect(found).toMatchObject({ verdict: { outcome: 'healthy', status: 200 } })
    const shown = found?.certificate?.seen === true ? found.certificate.value : undefined
    expect(shown).toMatchObject({
      subject: 'CN=kube-apiserver',
      issuer: 'CN=kubernetes',
      names: ['kubernetes', '127.0.0.1'],
      covers: ['127.0.0.1'],
      distrust: undefined,
    })
    expect(shown?.beginsMs).toBeLessThan(begun)
    expect(Math.round(((shown?.expiresMs ?? 0) - begun) / DAY_MS)).toBe(40)
  })

  it('sees which addresses a certificate covers, and whom nobody vouches for', async () => {
    const pair = stranger.issue({ names: [`IP:${VIP}`] })
    const { origin } = await ok(pair)
    const caFile = join(folder, 'ca.pem')
    const config = { ...configFor([origin], { insecure: false, caFile }), virtual: configOf().virtual }
    const [found] = await contactServers(config, ASKING)
    expect(found?.verdict).toMatchObject({ outcome: 'dead' })
    expect(found?.certificate).toMatchObject({
      seen: true,
      value: { covers: [VIP], distrust: expect.stringContaining('CN=stranger') },
    })
  })

  it('does not distrust a certificate of its own authority because it has ended', async () => {
    const { origin } = await ok(authority.issue({ begins: -9, ends: -1 }))
    const caFile = join(folder, 'ca.pem')
    const [found] = await contactServers(configFor([origin], { insecure: false, caFile }), ASKING)
    expect(found).toMatchObject({
      verdict: { outcome: 'dead', reason: 'certificate-expired' },
      certificate: { value: { distrust: undefined } },
    })
  })

  it('does not wait for one server to ask the next, and says why there is no certificate', async () => {
    const dead = await nobody()
    const silent = await closing(tcp(() => undefined))
    const start = performance.now()
    const found = await contactServers(configFor([dead, silent.origin], { timeoutMs: 400 }), ASKING)
    expect(performance.now() - start).toBeLessThan(2000)
    expect(found.map(({ verdict }) => 'reason' in verdict && verdict.reason)).toEqual(['refused', 'timeout'])
    for (const { certificate } of found) expect(certificate).toMatchObject({ seen: false })
  })

  it('asks who seems dead once more', async () => {
    let asked = 0
    const server = await closing(
      http((request, response) => {
        asked += 1
        if (asked === 1) request.socket.destroy()
        else response.end('ok')
      }),
    )
    const [found] = await contactServers(configFor([server.origin], { scheme: 'http' }), ASKING)
    expect(found).toMatchObject({ verdict: { outcome: 'healthy' }, certificate: undefined })
  })
})

describe('contactVirtual()', () => {
  it('makes as many new connections as there are servers, and shows who answered', async () => {
    const server = await ok(authority.issue())
    const found = await contactVirtual(configFor([server.origin, server.origin, server.origin]), ASKING)
    expect(found.map(({ verdict }) => verdict.outcome)).toEqual(['healthy', 'healthy', 'healthy'])
    expect(server.handshakes).toBe(3)
    expect(found[0]?.certificate).toMatchObject({ subject: 'CN=kube-apiserver' })
  })

  it('does not wait for the same silence again', async () => {
    const silent = await closing(tcp(() => undefined))
    const origins = [silent.origin, silent.origin, silent.origin]
    const found = await contactVirtual(configFor(origins, { timeoutMs: 200 }), ASKING)
    expect(found).toMatchObject([{ verdict: { reason: 'timeout' }, certificate: undefined }])
  })
})
