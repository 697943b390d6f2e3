import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority, type Certified } from '../../../../test/lab/authority.ts'
import type { HealthConfig } from '../../src/config-health.ts'
import type { Verdict } from '../../src/index.ts'
import type { CertificateInfo } from '../../src/probe/certificate.ts'
import { loadTrust } from '../../src/probe/trust.ts'
import { until } from '../wait.ts'
import { closing, HEALTH, NO_STOP, proberOf } from './setting.ts'
import { https, type KeyPair, type TestServer } from './tls-server.ts'

const DAY_MS = 86_400_000

let [ours, stranger]: Authority[] = []
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscare-trust-'))
  ours = new Authority()
  // As when a cluster is made anew: another authority of the same name.
  stranger = new Authority()
})
afterAll(() => {
  ours?.close()
  stranger?.close()
  rmSync(folder, { recursive: true })
})

function authority(): Authority {
  if (ours === undefined) throw new Error('no authority yet')
  return ours
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Trust in our authority, and nothing else. */
function strict(changes: Partial<HealthConfig> = {}): Partial<HealthConfig> {
  return { insecure: false, caFile: file('ca.pem', authority().cert), ...changes }
}

function answering(pair: KeyPair, options = {}): Promise<TestServer> {
  return closing(https(pair, (_request, response) => void response.end('ok'), options))
}

/** What a prober thinks of a server with this certificate. */
async function verdictOn(certified: Certified, changes: Partial<HealthConfig> = {}): Promise<Verdict> {
  const server = await answering(authority().issue(certified))
  return await proberOf(server.origin, strict(changes)).probe(NO_STOP)
}

function detailOf(verdict: Verdict): string {
  return 'detail' in verdict ? verdict.detail : ''
}

describe('Prober, verifying', () => {
  it('accepts a certificate of the authority that names the address', async () => {
    expect(await verdictOn({ names: ['IP:10.96.0.1', 'IP:127.0.0.1'] })).toMatchObject({ outcome: 'healthy' })
  })

  it('names a certificate that has ended, and when', async () => {
    const verdict = await verdictOn({ begins: -9, ends: -1 })
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'certificate-expired' })
    const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
    expect(detailOf(verdict)).toMatch(
      new RegExp(`^the certificate of "CN=kube-apiserver" ended on ${day}T.*: renew it on that server$`),
    )
  })

  it('names a certificate that has not begun', async () => {
    const verdict = await verdictOn({ begins: 1, ends: 9 })
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'certificate-expired' })
    expect(detailOf(verdict)).toMatch(
      /^the certificate of "CN=kube-apiserver" begins on .*: look at the clocks/,
    )
  })

  it('names the names of a certificate that lacks the address', async () => {
    const verdict = await verdictOn({ names: ['DNS:kubernetes', 'IP:192.0.2.1'] })
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'certificate-name' })
    expect(detailOf(verdict)).toBe(
      'the certificate of "CN=kube-apiserver" is made out for kubernetes, 192.0.2.1, not for 127.0.0.1: ' +
        'add that to it, or name one of these with --health-server-name',
    )
    expect(detailOf(await verdictOn({ names: [] }))).toContain('is made out for nobody, not for 127.0.0.1')
  })

  it('names the issuer that nobody vouches for, also when it has the name of one', async () => {
    const server = await answering(stranger?.issue() ?? { key: '', cert: '' })
    const verdict = await proberOf(server.origin, strict()).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'certificate-authority' })
    expect(detailOf(verdict)).toBe(
      'the certificate of "CN=kube-apiserver" was issued by "CN=kubernetes", whom nobody here vouches for: ' +
        "give that authority's certificate with --health-ca",
    )
  })

  it("checks against Node's own authorities without --health-ca", async () => {
    const server = await answering(authority().issue())
    const verdict = await proberOf(server.origin, { insecure: false }).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'certificate-authority' })
  })

  it('drops the connection of a certificate that it does not accept, before anything is asked', async () => {
    let asked = 0
    const server = await closing(
      https(authority().issue({ ends: -1, begins: -2 }), (_request, response) => {
        asked += 1
        response.end('ok')
      }),
    )
    await proberOf(server.origin, strict()).probe(NO_STOP)
    await until('the connection is gone', () => server.open.size === 0)
    expect([asked, server.connections]).toEqual([0, 1])
  })

  it('accepts any of them when told so', async () => {
    for (const certified of [{ begins: -9, ends: -1 }, { begins: 1, ends: 9 }, { names: [] }]) {
      const server = await answering(authority().issue(certified))
      expect((await proberOf(server.origin).probe(NO_STOP)).outcome).toBe('healthy')
    }
  })
})

describe('Prober, with a server name', () => {
  it.each([
    ['kubernetes.default', ['DNS:kubernetes.default'], 'kubernetes.default'],
    ['api.cluster.local', ['DNS:*.cluster.local'], 'api.cluster.local'],
    ['10.103.97.2', ['IP:10.103.97.2'], undefined],
    ['fd00:103:97::2', ['IP:fd00:103:97:0:0:0:0:2'], undefined],
  ])('%s looks for it in %s, and asks for %s', async (serverName, names, asked) => {
    const seen: unknown[] = []
    const server = await answering(authority().issue({ names }), {
      SNICallback: (name: string, done: (error: null) => void) => {
        seen.push(name)
        done(null)
      },
    })
    const verdict = await proberOf(server.origin, strict({ serverName })).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'healthy' })
    expect(seen).toEqual(asked === undefined ? [] : [asked])
  })

  it('does not do with the address alone', async () => {
    const verdict = await verdictOn({ names: ['IP:127.0.0.1'] }, { serverName: 'kubernetes' })
    expect(verdict).toMatchObject({ outcome: 'dead', reason: 'certificate-name' })
    expect(detailOf(verdict)).toContain('is made out for 127.0.0.1, not for kubernetes')
  })
})

describe('Prober, with a client certificate', () => {
  /** A server that lets in only whom our authority knows, and the subjects it has seen. */
  async function demanding(
    maxVersion: 'TLSv1.2' | 'TLSv1.3',
  ): Promise<{ server: TestServer; seen: string[] }> {
    const seen: string[] = []
    const options = { requestCert: true, rejectUnauthorized: true, ca: authority().cert, maxVersion }
    const server = await closing(
      https(
        authority().issue(),
        (request, response) => {
          seen.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN))
          response.end('ok')
        },
        options,
      ),
    )
    return { server, seen }
  }

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('shows it, over %s', async (version) => {
    const { server, seen } = await demanding(version)
    const { key, cert } = authority().issue({ subject: '/CN=probe', names: [] })
    const apart = { certFile: file('client.pem', cert), keyFile: file('client.key', key) }
    const together = { certFile: file('both.pem', cert + key) }
    for (const files of [apart, together]) {
      const verdict = await proberOf(server.origin, strict(files)).probe(NO_STOP)
      expect(verdict).toMatchObject({ outcome: 'healthy' })
    }
    expect(seen).toEqual(['probe', 'probe'])
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is dead without one, over %s, and says why', async (version) => {
    const { server } = await demanding(version)
    const verdict = await proberOf(server.origin, strict()).probe(NO_STOP)
    expect(verdict).toMatchObject({ outcome: 'dead' })
    // The server may end the connection before its alert has been read.
    if (verdict.reason !== 'reset') expect(detailOf(verdict)).toContain('give it with --health-cert')
  })

  it('is dead with one of an authority that the server does not know', async () => {
    const { server } = await demanding('TLSv1.2')
    const { key, cert } = stranger?.issue({ names: [] }) ?? { key: '', cert: '' }
    const verdict = await proberOf(server.origin, strict({ certFile: file('x.pem', cert + key) })).probe(
      NO_STOP,
    )
    expect(verdict).toMatchObject({ outcome: 'dead' })
  })

  it('shows the new one once the file has changed, on a new connection', async () => {
    const { server, seen } = await demanding('TLSv1.3')
    const write = (subject: string): string => {
      const { key, cert } = authority().issue({ subject, names: [] })
      return file('rotated.pem', cert + key)
    }
    const prober = proberOf(server.origin, strict({ certFile: write('/CN=old') }))
    for (let round = 0; round < 2; round += 1) await prober.probe(NO_STOP)
    write('/CN=new')
    for (let round = 0; round < 2; round += 1) await prober.probe(NO_STOP)
    expect(seen).toEqual(['old', 'old', 'new', 'new'])
    expect(server.handshakes).toBe(2)
  })
})

describe('Prober, on what servers show', () => {
  it('tells of each certificate once for each connection, accepted or not', async () => {
    const seen: CertificateInfo[] = []
    const options = { onCertificate: (info: CertificateInfo) => void seen.push(info) }
    const good = await answering(authority().issue({ names: ['DNS:kubernetes', 'IP:127.0.0.1'], ends: 3 }))
    const bad = await answering(authority().issue({ begins: -3, ends: -2, subject: '/O=x/CN=old' }))
    for (const insecure of [true, false]) {
      const prober = proberOf(good.origin, strict({ insecure }), options)
      for (let round = 0; round < 3; round += 1) await prober.probe(NO_STOP)
      await proberOf(bad.origin, strict({ insecure }), options).probe(NO_STOP)
    }
    expect(seen.map(({ subject, issuer, names }) => ({ subject, issuer, names }))).toEqual(
      [1, 2].flatMap(() => [
        { subject: 'CN=kube-apiserver', issuer: 'CN=kubernetes', names: ['kubernetes', '127.0.0.1'] },
        { subject: expect.stringContaining('CN=old'), issuer: 'CN=kubernetes', names: ['127.0.0.1'] },
      ]),
    )
    const days = seen.map(({ expiresMs }) => Math.round((expiresMs - Date.now()) / 86_400_000))
    expect(days).toEqual([3, -2, 3, -2])
  })

  it('keeps the connection as long as its certificate is good for long', async () => {
    let nowMs = Date.now()
    const server = await answering(authority().issue({ ends: 365 }))
    const prober = proberOf(server.origin, strict(), { now: () => nowMs })
    for (let day = 0; day < 300; day += 100) {
      nowMs += 100 * DAY_MS
      if (nowMs < Date.now() + 330 * DAY_MS) await prober.probe(NO_STOP)
    }
    expect(server.handshakes).toBe(1)
  })

  it('looks once an hour whether a certificate that ends soon was renewed', async () => {
    let nowMs = Date.now()
    const server = await answering(authority().issue({ ends: 3 }))
    const prober = proberOf(server.origin, {}, { now: () => nowMs })
    const handshakes: number[] = []
    for (const laterMs of [0, 3_599_000, 1000, 3_599_000, 1000]) {
      nowMs += laterMs
      await prober.probe(NO_STOP)
      handshakes.push(server.handshakes)
    }
    expect(handshakes).toEqual([1, 1, 2, 2, 3])
  })

  it('shares one context among all servers', () => {
    const trust = loadTrust(HEALTH)
    expect(trust()).toBe(trust())
  })
})
