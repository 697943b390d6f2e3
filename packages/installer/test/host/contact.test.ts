import { createHmac, X509Certificate } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { type MemoryHost, memoryHost } from '@lvscare/installer/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Authority } from '../../../../test/lab/authority.ts'
import { type Contact, contact } from '../../src/host/contact.ts'
import { discoverCa, publicKeyPin } from '../../src/host/discovery.ts'

let ours: Authority
let other: Authority
let keys: { readonly key: string; readonly cert: string }
const servers: Server[] = []
const sockets: Socket[] = []

beforeAll(() => {
  ours = new Authority('/CN=kubernetes')
  other = new Authority('/CN=another')
  keys = ours.issue({
    names: ['DNS:kubernetes', 'DNS:apiserver.cluster.local', 'IP:10.103.97.2', 'IP:2001:db8::1'],
  })
})
afterAll(() => {
  ours.close()
  other.close()
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
})

/** A node from which a server on this machine is at 192.0.2.1. */
async function nodeWith(server: Server): Promise<MemoryHost> {
  servers.push(server.on('connection', (socket: Socket) => sockets.push(socket)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const host = memoryHost()
  host.onConnect((address) => (address === '192.0.2.1' ? connect(port, '127.0.0.1') : undefined))
  return host
}

function https(answer: RequestListener, pair: { key: string; cert: string } = keys): Server {
  return createHttpsServer(pair, answer)
}

const READYZ = { address: '192.0.2.1', port: 6443, path: '/readyz', timeoutMs: 5000 }

describe('contact', () => {
  it('warns of nothing while many nodes are asked at a time', async () => {
    const host = await nodeWith(https((_request, response) => response.end('ok')))
    const warnings: string[] = []
    const note = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', note)
    const answers = await Promise.all(Array.from({ length: 15 }, () => contact(host, READYZ)))
    // Warnings are told in a later turn.
    await new Promise(setImmediate)
    process.off('warning', note)
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 15 }, () => 200))
    expect(warnings).toEqual([])
  })

  it('tells status, body and certificate, with addresses in their shortest form', async () => {
    const host = await nodeWith(
      https(({ url, headers }, response) => response.writeHead(418).end(`${headers.host}${url}`)),
    )
    const found = await contact(host, { ...READYZ, ca: ours.cert })
    expect(found).toMatchObject({
      status: 418,
      body: '192.0.2.1:6443/readyz',
      authorized: true,
      certificate: {
        names: ['kubernetes', 'apiserver.cluster.local', '10.103.97.2', '2001:db8::1'],
        fingerprint: new X509Certificate(keys.cert).fingerprint256,
      },
    })
    expect(found.authorizationError).toBeUndefined()
  })

  it('takes any certificate, and says whether it is of the cluster', async () => {
    const host = await nodeWith(https((_request, response) => response.end('ok')))
    const ask = (ca?: string): Promise<Contact> =>
      contact(host, ca === undefined ? READYZ : { ...READYZ, ca })
    expect(await ask()).toMatchObject({ status: 200, authorized: false })
    expect(await ask(other.cert)).toMatchObject({
      authorized: false,
      authorizationError: expect.stringMatching(/UNABLE_TO_VERIFY|unable to/),
    })
    const expired = ours.issue({ begins: -5, ends: -1 })
    const old = await nodeWith(https((_request, response) => response.end('ok'), expired))
    expect(await contact(old, { ...READYZ, ca: ours.cert })).toMatchObject({
      authorized: false,
      authorizationError: 'CERT_HAS_EXPIRED',
    })
  })

  it('fails as HostError when nobody listens, nobody answers, or it is no TLS', async () => {
    const host = memoryHost()
    await expect(contact(host, READYZ)).rejects.toThrow('ECONNREFUSED')
    const silent = await nodeWith(createTcpServer((socket) => void socket.on('error', () => {}).resume()))
    await expect(contact(silent, { ...READYZ, timeoutMs: 100 })).rejects.toMatchObject({
      name: 'HostError',
      message: 'memory: cannot ask https://192.0.2.1:6443/readyz: no answer within 100 ms',
    })
    const plain = await nodeWith(
      createTcpServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\n\r\n')),
    )
    await expect(contact(plain, READYZ)).rejects.toThrow(
      /cannot ask https:.*(wrong version|packet length|EPROTO)/i,
    )
    const closing = await nodeWith(createTcpServer((socket) => void socket.on('error', () => {}).destroy()))
    await expect(contact(closing, READYZ)).rejects.toThrow(/cannot ask https/)
  })

  it('fails when the answer never comes, never ends, or never stops', async () => {
    const mute = await nodeWith(https(() => {}))
    await expect(contact(mute, { ...READYZ, timeoutMs: 200 })).rejects.toThrow('no answer within 200 ms')
    const begun = await nodeWith(https((_request, response) => void response.write('x')))
    await expect(contact(begun, { ...READYZ, timeoutMs: 200 })).rejects.toThrow('no answer within 200 ms')
    const stop = new AbortController()
    const stopped = await nodeWith(https(() => stop.abort(new Error('enough'))))
    await expect(contact(stopped, { ...READYZ, signal: stop.signal })).rejects.toThrow('enough')
    const long = await nodeWith(https((_request, response) => void response.end('x'.repeat(2_000_000))))
    await expect(contact(long, READYZ)).rejects.toThrow('the answer is longer than')
  })
})

const ENDPOINT = { address: '192.0.2.1', port: 6443 }
const TOKEN = { id: 'abcdef', secret: '0123456789abcdef' }

/** The ConfigMap of kubeadm, signed as its bootstrap signer does. */
function clusterInfo(pem: string, { id, secret } = TOKEN): string {
  const kubeconfig = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: '',
        cluster: { server: 'https://x', 'certificate-authority-data': Buffer.from(pem).toString('base64') },
      },
    ],
  })
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url')
  const content = Buffer.from(kubeconfig).toString('base64url')
  const signature = createHmac('sha256', secret).update(`${header}.${content}`).digest('base64url')
  const data = { kubeconfig, [`jws-kubeconfig-${id}`]: `${header}..${signature}` }
  return JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', data })
}

function answering(body: string, status = 200): Server {
  return https(({ url }, response) => {
    const isIt = url === '/api/v1/namespaces/kube-public/configmaps/cluster-info'
    response.writeHead(isIt ? status : 404).end(body)
  })
}

describe('discoverCa', () => {
  const limits = { timeoutMs: 5000 }
  const pinOf = (authority: Authority): string => publicKeyPin(new X509Certificate(authority.cert))

  it('gives the authority whose key is pinned, checked by hash, token and connection', async () => {
    const host = await nodeWith(answering(clusterInfo(ours.cert)))
    const caCertHashes = [`sha256:${'0'.repeat(64)}`, pinOf(ours).toUpperCase().replace('SHA256', 'sha256')]
    const token = `${TOKEN.id}.${TOKEN.secret}`
    const found = await discoverCa(host, ENDPOINT, { caCertHashes, token, ...limits })
    expect(new X509Certificate(found).fingerprint256).toBe(new X509Certificate(ours.cert).fingerprint256)
  })

  it('leaves out what stands beside it', async () => {
    const host = await nodeWith(answering(clusterInfo(other.cert + ours.cert)))
    const found = await discoverCa(host, ENDPOINT, { caCertHashes: [pinOf(ours)], ...limits })
    expect(found.match(/BEGIN/g)).toHaveLength(1)
    expect(found.trim()).toBe(new X509Certificate(ours.cert).toString().trim())
  })

  it('refuses another cluster', async () => {
    const host = await nodeWith(answering(clusterInfo(ours.cert)))
    await expect(
      discoverCa(host, ENDPOINT, { caCertHashes: [pinOf(other)], ...limits }),
    ).rejects.toMatchObject({
      name: 'CheckError',
      message: expect.stringContaining(`has the hash ${pinOf(ours)}, not ${pinOf(other)}`),
    })
    await expect(discoverCa(host, ENDPOINT, { caCertHashes: [], ...limits })).rejects.toThrow(
      'is another one',
    )
  })

  it('refuses a server that shows an authority which is not its own', async () => {
    const host = await nodeWith(answering(clusterInfo(other.cert)))
    await expect(
      discoverCa(host, ENDPOINT, { caCertHashes: [pinOf(other)], ...limits }),
    ).rejects.toMatchObject({
      name: 'CheckError',
      message: expect.stringContaining('does not have a certificate of the authority that it shows'),
    })
  })

  it.each([
    ['abcdef.fedcba9876543210', 'the signature of cluster-info is not from the token abcdef'],
    ['ghijkl.0123456789abcdef', 'cluster-info is not signed for the token ghijkl'],
  ])('refuses what the token %s did not sign, without telling it', async (token, message) => {
    const host = await nodeWith(answering(clusterInfo(ours.cert)))
    const refused = discoverCa(host, ENDPOINT, { caCertHashes: [pinOf(ours)], token, ...limits })
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.not.toThrow(token)
  })

  it.each([
    ['{}', 401, /to anonymous users \(status 401\)/],
    ['{}', 403, /to anonymous users \(status 403\)/],
    ['{}', 404, /has no kube-public\/cluster-info \(status 404\)/],
    ['no JSON', 200, /is not JSON/],
    ['[]', 200, /has no kubeconfig/],
    ['{"data": {"kubeconfig": 3}}', 200, /has no kubeconfig/],
    ['{"data": {"kubeconfig": "clusters: &x [*x]"}}', 200, /the authority in cluster-info cannot be read/],
    [
      '{"data": {"kubeconfig": "clusters: [{cluster: {certificate-authority-data: eHg=}}]"}}',
      200,
      /cannot be read/,
    ],
  ])('says what is wrong with %s (%i)', async (body, status, message) => {
    const host = await nodeWith(answering(body, status))
    await expect(
      discoverCa(host, ENDPOINT, { caCertHashes: [pinOf(ours)], ...limits }),
    ).rejects.toMatchObject({
      name: 'HostError',
      message: expect.stringMatching(message),
    })
  })

  it('pins keys as kubeadm does', async () => {
    // openssl x509 -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256, of a certificate that is not made here.
    const { execFileSync } = await import('node:child_process')
    const openssl = (input: string | Buffer, ...rest: string[]): Buffer =>
      execFileSync('openssl', rest, { input })
    const key = openssl(ours.cert, 'x509', '-pubkey', '-noout')
    const der = openssl(key, 'pkey', '-pubin', '-outform', 'der')
    const digest = openssl(der, 'dgst', '-sha256', '-r').toString().split(' ')[0]
    expect(pinOf(ours)).toBe(`sha256:${digest}`)
  })
})
