import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CERTIFICATE_VALIDITY, caCommands } from '../../src/kubeadm/ca.ts'
import { configOf } from './fixture.ts'

const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0
const FIRST = { role: 'first-control-plane', kubernetesVersion: 'v1.30.0' } as const

describe('caCommands', () => {
  it('is empty where kubeadm can be told, and on every other node', () => {
    expect(caCommands(configOf({ ...FIRST, kubernetesVersion: 'v1.31.0' }))).toEqual([])
    expect(caCommands(configOf({ ...FIRST, role: 'control-plane' }))).toEqual([])
    expect(caCommands(configOf({ ...FIRST, role: 'worker' }))).toEqual([])
  })

  it('is there where the release is not known', () => {
    expect(caCommands(configOf({ role: 'first-control-plane' }))).toHaveLength(3)
  })

  it('is 99 years in the words of Go', () => {
    expect(Number.parseInt(CERTIFICATE_VALIDITY, 10) / 24 / 365).toBe(99)
  })
})

describe.skipIf(!HAS_OPENSSL)('the commands of caCommands', () => {
  let pki: string
  beforeAll(() => {
    pki = join(mkdtempSync(join(tmpdir(), 'lvscare-ca-')), 'pki')
    run()
  })
  afterAll(() => rmSync(join(pki, '..'), { recursive: true }))

  function run(): void {
    for (const [program = '', ...rest] of caCommands(configOf(FIRST), pki))
      execFileSync(program, rest, { stdio: 'pipe' })
  }

  it.each([
    ['ca', 'kubernetes'],
    ['etcd/ca', 'etcd-ca'],
    ['front-proxy-ca', 'front-proxy-ca'],
  ])('make %s an authority with the name %s, for 99 years', (file, name) => {
    const certificate = new X509Certificate(readFileSync(join(pki, `${file}.crt`)))
    expect(certificate.ca).toBe(true)
    expect(certificate.subject).toBe(`CN=${name}`)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000
    expect(days).toBe(99 * 365)
  })

  it('let nobody read the keys, and everybody the certificates', () => {
    expect(statSync(join(pki, 'etcd/ca.key')).mode & 0o777).toBe(0o600)
    expect(statSync(join(pki, 'etcd/ca.crt')).mode & 0o777).toBe(0o644)
    expect(statSync(pki).mode & 0o777).toBe(0o755)
  })

  it('leave an authority alone that is there', () => {
    const before = readFileSync(join(pki, 'ca.key'))
    run()
    expect(readFileSync(join(pki, 'ca.key'))).toEqual(before)
    expect(existsSync(join(pki, 'ca.key.new'))).toBe(false)
  })

  it('refuse half of an authority', () => {
    chmodSync(join(pki, 'front-proxy-ca.key'), 0o600)
    rmSync(join(pki, 'front-proxy-ca.key'))
    expect(run).toThrow('belong together')
    expect(existsSync(join(pki, 'front-proxy-ca.key'))).toBe(false)
  })
})
