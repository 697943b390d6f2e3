import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { Authority } from '../../../../test/lab/authority.ts'
import { plain } from '../../src/index.ts'
import { until } from '../wait.ts'
import { OpensslServer, ORDER } from './openssl-server.ts'
import { closing, NO_STOP, proberOf } from './setting.ts'
import { https, selfSigned, tls } from './tls-server.ts'

const pair = selfSigned()
const LIMIT_MS = 2000

let server: OpensslServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

async function started(version: '-tls1_2' | '-tls1_3'): Promise<OpensslServer> {
  server = await OpensslServer.start(pair, version)
  return server
}

describe('Prober, on a server that plays with TLS', () => {
  it.each([ORDER.renegotiate, ORDER.askCertificate])(
    'that wants to shake hands anew (%s), which costs a thousand times what it costs to ask: it is not done',
    async (order) => {
      const hostile = await started('-tls1_2')
      const prober = proberOf(hostile.origin, { timeoutMs: LIMIT_MS })
      expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
      await hostile.order(order)
      await until('a refusal', () => hostile.complaints.includes('no renegotiation'))
      // It has hung up, and the next probe makes a new connection.
      expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    },
  )

  it('that changes its keys all the time: the connection stays, and so does the verdict', async () => {
    const hostile = await started('-tls1_3')
    let handshakes = 0
    const onHandshake = (): void => {
      handshakes += 1
    }
    const prober = proberOf(hostile.origin, { timeoutMs: LIMIT_MS }, { onHandshake })
    expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    for (let round = 0; round < 3; round += 1) {
      const { obeyed } = hostile
      await hostile.order(ORDER.updateKeys, 100)
      await until('new keys', () => hostile.obeyed > obeyed)
      expect((await prober.probe(NO_STOP)).outcome).toBe('healthy')
    }
    expect(handshakes).toBe(1)
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that shows a megabyte of certificates (%s): dead, without reading them all',
    async (version) => {
      const chain = pair.cert + pair.cert.repeat(Math.ceil((1024 * 1024) / pair.cert.length))
      const options = { minVersion: version, maxVersion: version }
      const hostile = await closing(
        https({ ...pair, cert: chain }, (_request, response) => response.end('ok'), options),
      )
      const verdict = await proberOf(hostile.origin, { timeoutMs: LIMIT_MS }).probe(NO_STOP)
      expect(verdict).toMatchObject({ outcome: 'dead', reason: 'tls' })
    },
  )

  it('that chooses a protocol which nobody offered, or HTTP/2 and then speaks another: a verdict in time', async () => {
    const say = (socket: TLSSocket): void =>
      void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    for (const ALPNProtocols of [['h3'], ['h2']]) {
      const hostile = await closing(tls(pair, say, { ALPNProtocols }))
      const prober = proberOf(hostile.origin, { timeoutMs: LIMIT_MS }, { sentinel: true })
      expect((await prober.probe(NO_STOP)).outcome).toBe('dead')
    }
  })

  it('whose certificate has names that are made to confuse a terminal or a log', async () => {
    const authority = new Authority()
    const name = 'a\u001b[2J\u0007 level=error\u202e'
    const evil = authority.issue({ subject: `/CN=${name}`, names: ['DNS:\u001b[31m.example', 'URI:x'] })
    const ended = authority.issue({ subject: `/CN=${name}`, begins: -9, ends: -1 })
    authority.close()
    for (const shown of [evil, ended]) {
      const hostile = await closing(https(shown, (_request, response) => response.end('ok')))
      const verdict = await proberOf(hostile.origin, { insecure: false }).probe(NO_STOP)
      expect(verdict.outcome).toBe('dead')
      const detail = 'detail' in verdict ? (verdict.detail ?? '') : ''
      expect(plain(detail)).toMatch(/^the certificate of "[^\n]+$/)
      await hostile.close().catch(() => undefined)
    }
  })
})
