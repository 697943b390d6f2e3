import { describe, expect, it } from 'vitest'
import type { RawConfig } from '../../src/config/parse.ts'
import { ConfigError } from '../../src/errors.ts'
import { buildHosts, type HostsPhase } from '../../src/hosts/build.ts'
import { configOf } from '../pod/configs.ts'

const VIP = '10.103.97.2'
const FIRST = '192.168.72.50'
const OWN = '192.168.72.53'

describe('buildHosts', () => {
  it.each<[string, RawConfig, string, string]>([
    ['a worker', {}, VIP, VIP],
    ['a worker without a list of servers', { servers: [] }, OWN, OWN],
    ['the first control plane', { role: 'first-control-plane', nodeAddress: FIRST }, FIRST, FIRST],
    ['another control plane', { role: 'control-plane' }, FIRST, OWN],
    ['a control plane without a list', { role: 'control-plane', servers: [] }, OWN, OWN],
    [
      'the first control plane, guarded',
      { role: 'first-control-plane', guardControlPlane: true, nodeAddress: FIRST },
      FIRST,
      VIP,
    ],
    ['another control plane, guarded', { role: 'control-plane', guardControlPlane: true }, FIRST, VIP],
    [
      'a control plane that is to be guarded, without a list',
      { role: 'control-plane', guardControlPlane: true, servers: [] },
      OWN,
      OWN,
    ],
    [
      'a worker of a cluster of IPv6',
      { vip: 'fd00::2', servers: ['fd00:1::1'], nodeAddress: 'fd00:1::9' },
      'fd00::2',
      'fd00::2',
    ],
  ])('%s', (_who, changes, before, after) => {
    const address = (phase: HostsPhase): string[] =>
      buildHosts(configOf(changes), phase).map((line) => `${line.address} ${line.name}`)
    expect(address('before')).toEqual([`${before} apiserver.cluster.local`])
    expect(address('after')).toEqual([`${after} apiserver.cluster.local`])
  })

  it('takes the first server for the first control plane, where nobody said its address', () => {
    const config = { ...configOf({ role: 'first-control-plane' }), nodeAddress: undefined }
    expect(buildHosts(config, 'before')[0]?.address).toBe(FIRST)
  })

  it.each<[string, RawConfig, HostsPhase, string]>([
    ['after the join of a control plane', { role: 'control-plane' }, 'after', 'its own address'],
    [
      'on a node without servers',
      { servers: [] },
      'before',
      'its own address, as long as no apiservers are given (servers, --master)',
    ],
  ])('says that the address is needed %s', (_when, changes, phase, end) => {
    const config = { ...configOf(changes), nodeAddress: undefined }
    expect(() => buildHosts(config, phase)).toThrow(ConfigError)
    expect(() => buildHosts(config, phase)).toThrow(
      `nodeAddress: is needed: on this node (${config.role}) apiserver.cluster.local is ${end}`,
    )
  })
})
