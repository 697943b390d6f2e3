import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RawConfig } from '../../src/config/raw.ts'
import { ConfigError } from '../../src/errors.ts'
import {
  buildJoinConfiguration,
  type JoinOptions,
  joinArguments,
  joinEndpoint,
  preflightIgnores,
} from '../../src/kubeadm/join.ts'
import { anyConfig, anyRelease, configOf, JOIN, release, SERVERS } from './fixture.ts'
import { strayFields } from './schema.ts'

const { certificateKey, ...WORKER_JOIN } = JOIN

function rulesOf(raw: RawConfig, minor: number, join: JoinOptions): string[] {
  try {
    buildJoinConfiguration(configOf(raw), release(minor), join)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ path }) => path)
  }
}

describe('joinEndpoint', () => {
  it('is the virtual server for a worker and the first server for a control plane', () => {
    expect(joinEndpoint(configOf({ role: 'worker' }))).toBe('10.103.97.2:6443')
    expect(joinEndpoint(configOf({ role: 'control-plane' }))).toBe('192.168.72.50:6443')
    expect(joinEndpoint(configOf({ role: 'worker', servers: [] }))).toBeUndefined()
  })
})

describe('preflightIgnores', () => {
  it.each([
    ['worker', 13, true],
    ['worker', 22, true],
    ['worker', 23, false],
    ['worker', 36, false],
    ['control-plane', 22, false],
  ] as const)('for a %s of 1.%i: %s', (role, minor, ignores) => {
    const expected = ignores ? ['DirAvailable--etc-kubernetes-manifests'] : []
    expect(preflightIgnores(configOf({ role }), release(minor))).toEqual(expected)
  })

  it('follows the guard onto a control plane', () => {
    const config = configOf({ role: 'control-plane', guardControlPlane: true })
    expect(preflightIgnores(config, release(22))).toHaveLength(1)
  })
})

describe('buildJoinConfiguration', () => {
  it('writes only what the version of the API knows, for every release and role', () => {
    fc.assert(
      fc.property(anyConfig, anyRelease, fc.boolean(), (config, version, timed) => {
        fc.pre(config.role !== 'first-control-plane' && version.minor > 13)
        const keyed = config.role === 'worker' ? WORKER_JOIN : JOIN
        const join = { ...keyed, endpoint: '10.0.0.1:6443', ...(timed && { discoveryTimeoutMs: 1500 }) }
        const options = timed ? { controlPlaneTimeoutMs: 60_000 } : {}
        expect(strayFields(buildJoinConfiguration(config, version, join, options))).toEqual([])
      }),
    )
  })

  it('joins where the caller says', () => {
    const join = { ...WORKER_JOIN, endpoint: 'apiserver.cluster.local:6443' }
    expect(buildJoinConfiguration(configOf({ servers: [] }), release(31), join)).toMatchObject({
      discovery: { bootstrapToken: { apiServerEndpoint: 'apiserver.cluster.local:6443' } },
    })
  })

  it('says nothing of a node whose address is not known', () => {
    expect(buildJoinConfiguration(configOf(), release(31), WORKER_JOIN)).not.toHaveProperty(
      'nodeRegistration',
    )
  })

  it('takes the port of a control plane from the list of servers', () => {
    const raw = { role: 'control-plane', servers: ['192.0.2.1', '192.0.2.2:7443'] } as const
    const config = configOf({ ...raw, nodeAddress: '192.0.2.2' })
    expect(buildJoinConfiguration(config, release(31), JOIN).controlPlane).toEqual({
      localAPIEndpoint: { advertiseAddress: '192.0.2.2', bindPort: 7443 },
      certificateKey,
    })
  })

  it.each([
    ['a token of another shape', {}, 31, { ...WORKER_JOIN, token: 'abcdef' }, ['join.token']],
    ['no pin', {}, 31, { ...WORKER_JOIN, caCertHashes: [] }, ['join.caCertHashes']],
    ['a short pin', {}, 31, { ...WORKER_JOIN, caCertHashes: ['sha256:5f'] }, ['join.caCertHashes[0]']],
    ['a key for a worker', {}, 31, JOIN, ['join.certificateKey']],
    ['a key in 1.13', { role: 'control-plane' }, 13, JOIN, ['join.certificateKey']],
    ['the maker of the cluster', { role: 'first-control-plane' }, 31, WORKER_JOIN, ['role']],
    [
      'a node that joins through itself',
      { role: 'control-plane', nodeAddress: SERVERS[0] },
      31,
      JOIN,
      ['servers[0]'],
    ],
    ['nowhere to join', { servers: [] }, 31, WORKER_JOIN, ['servers']],
    ['an endpoint without a port', {}, 31, { ...WORKER_JOIN, endpoint: '10.0.0.1' }, ['join.endpoint']],
    ['a name with port 0', {}, 31, { ...WORKER_JOIN, endpoint: 'api:0' }, ['join.endpoint']],
    [
      'a bad token and a bad pin',
      {},
      31,
      { token: 'x', caCertHashes: ['y'] },
      ['join.token', 'join.caCertHashes[0]'],
    ],
  ] as const)('refuses %s', (_, raw, minor, join, paths) => {
    expect(rulesOf(raw, minor, join)).toEqual(paths)
  })

  it('shows no secret in an error', () => {
    const join = { ...JOIN, token: 'secret-token', certificateKey: 'secret-key' }
    expect(() => buildJoinConfiguration(configOf(), release(31), join)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })

  it('has no place for a key in a v1beta1 that a newer release reads', () => {
    const config = configOf({ role: 'control-plane' })
    expect(() => buildJoinConfiguration(config, release(15), JOIN, { apiVersion: 'v1beta1' })).toThrow(
      'join.certificateKey: must be left out: v1beta1 has no field for it',
    )
  })
})

describe('joinArguments', () => {
  it('says by arguments what v1beta1 cannot say', () => {
    expect(joinArguments(configOf(), release(14), WORKER_JOIN)).toEqual([
      '--ignore-preflight-errors=DirAvailable--etc-kubernetes-manifests',
    ])
    expect(joinArguments(configOf({ role: 'control-plane' }), release(14), JOIN)).toEqual([
      '--certificate-key',
      certificateKey,
    ])
  })

  it('is empty from 1.15 on', () => {
    expect(joinArguments(configOf(), release(15), WORKER_JOIN)).toEqual([])
  })
})
