import fc from 'fast-check'
import { CARE_FLAGS, careConfig, FlagValues, parseArguments } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { guardArguments, guardFlags, readArguments, sealosArguments } from '../../src/config/arguments.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { rawFlags } from '../../src/config/raw-config.ts'
import { rawConfigs } from './configs.ts'

const KNOWN_GOOD = [
  'care --vs 10.103.97.2:6443 --health-path /healthz --health-schem https',
  '--rs 192.168.72.50:6443 --rs 192.168.72.51:6443 --rs 192.168.72.52:6443',
]
  .join(' ')
  .split(' ')

const MASTERS = ['192.168.72.50', '192.168.72.51', '192.168.72.52']

describe('sealosArguments', () => {
  it('are those of the known-good manifest', () => {
    const config = parseConfig({ profile: 'sealos', servers: MASTERS, nodeAddress: '192.168.72.53' })
    expect(sealosArguments(config)).toEqual(KNOWN_GOOD)
  })

  it('have further flags between scheme and servers', () => {
    const config = parseConfig({
      profile: 'sealos',
      servers: MASTERS,
      guard: { 'health-status': 401, 'health-path': '/readyz' },
    })
    expect(sealosArguments(config).slice(3, 9)).toEqual([
      '--health-path',
      '/readyz',
      '--health-schem',
      'https',
      '--health-status',
      '401',
    ])
  })
})

describe('guardArguments', () => {
  it('say what was set, and no more', () => {
    const config = parseConfig({
      servers: ['192.0.2.1'],
      nodeAddress: '192.0.2.9',
      guard: { sentinel: false },
    })
    expect(guardArguments(config).join(' ')).toBe(
      'care --vs 10.103.97.2:6443 --sentinel=false --rs 192.0.2.1:6443',
    )
    expect(guardFlags(config).join(' ')).toBe(
      '--vs 10.103.97.2:6443 --ip 192.0.2.9 --sentinel=false --rs 192.0.2.1:6443',
    )
  })

  it('make the guard what the configuration says it is', () => {
    fc.assert(
      fc.property(rawConfigs, (raw) => {
        const config = parseConfig(raw)
        fc.pre(config.guard.care !== undefined)
        const { given } = parseArguments(guardFlags(config), CARE_FLAGS, 'care')
        expect(careConfig(new FlagValues(given))).toEqual(config.guard.care)
      }),
    )
  })
})

describe('readArguments', () => {
  it('reads the known-good manifest', () => {
    expect(readArguments(KNOWN_GOOD)).toEqual({
      vip: '10.103.97.2',
      port: 6443,
      servers: MASTERS.map((address) => `${address}:6443`),
      guard: { 'health-path': '/healthz', 'health-scheme': 'https' },
    })
  })

  it('reads back what is written', () => {
    fc.assert(
      fc.property(rawConfigs, (raw) => {
        const config = parseConfig(raw)
        fc.pre(config.servers.length > 0)
        const parts = {
          vip: config.virtual.address,
          port: config.virtual.port,
          servers: config.servers.map(({ text }) => text),
          guard: rawFlags(config.guard.flags),
        }
        expect(readArguments(guardArguments(config))).toEqual(parts)
        expect(readArguments(['care', ...guardFlags(config)])).toEqual(
          config.nodeAddress === undefined ? parts : { ...parts, nodeAddress: config.nodeAddress },
        )
        if (config.profile === 'sealos') expect(readArguments(sealosArguments(config))).toEqual(parts)
      }),
    )
  })

  it.each([
    '',
    'version',
    'care',
    'care --help',
    'care --vs 10.103.97.2:6443',
    'care --vs 10.103.97.2:6443 --rs 192.0.2.1:6443 --run-once',
    'care --vs 10.103.97.2:6443 --clean',
    'care --vs 10.103.97.2:6443 --rs 192.0.2.1:6443 --colour red',
    'care --vs 10.103.97.2:6443 --rs apiserver:6443',
    'care --vs 10.103.97.2:6443 --rs 192.0.2.1:6443 word',
    'CARE --vs 10.103.97.2:6443 --rs 192.0.2.1:6443',
  ])('does not take "%s" for those of a guard', (line) => {
    expect(readArguments(line === '' ? [] : line.split(' '))).toBeUndefined()
  })
})
