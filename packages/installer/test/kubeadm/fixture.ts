import fc from 'fast-check'
import type { InstallerConfig } from '../../src/config/config.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { RawConfig } from '../../src/config/raw.ts'
import { type KubernetesVersion, parseVersion } from '../../src/config/version.ts'

/** The three servers of the examples. */
export const SERVERS = ['192.168.72.50', '192.168.72.51', '192.168.72.52'] as const

/** A token, a pin and a key that look like real ones. */
export const JOIN = {
  token: 'abcdef.0123456789abcdef',
  caCertHashes: [`sha256:${'5f'.repeat(32)}`],
  certificateKey: 'e6'.repeat(32),
} as const

/** A checked configuration: three servers, and whatever is given. */
export function configOf(raw: RawConfig = {}): InstallerConfig {
  return parseConfig({ servers: SERVERS, ...raw })
}

/** The release 1.`minor`. */
export function release(minor: number): KubernetesVersion {
  return parseVersion(`v1.${minor}.3`)
}

/** Every minor release that is known. */
export const anyRelease: fc.Arbitrary<KubernetesVersion> = fc.integer({ min: 13, max: 36 }).map(release)

const FAMILIES = {
  inet: {
    vip: '10.9.8.7',
    address: fc.nat(253).map((last) => `192.168.72.${last + 1}`),
    ranges: ['10.244.0.0/16', '10.99.0.0/16'],
  },
  inet6: {
    vip: 'fd00::2',
    address: fc.nat(0xfffd).map((last) => `fd00:1::${(last + 1).toString(16)}`),
    ranges: ['fd00:10::/56', 'fd00:20::/112'],
  },
} as const

/** Any configuration that every release can have: one range of each kind. */
export const anyConfig: fc.Arbitrary<InstallerConfig> = fc
  .constantFrom(FAMILIES.inet, FAMILIES.inet6)
  .chain(({ vip, address, ranges: [podSubnet, serviceSubnet] }) => {
    const optional = {
      servers: fc.uniqueArray(address, { maxLength: 5 }),
      port: fc.integer({ min: 1, max: 65535 }),
      role: fc.constantFrom('worker', 'first-control-plane', 'control-plane'),
      nodeAddress: address,
      endpointName: fc.constantFrom('apiserver.cluster.local', 'api.example.com', 'true', 'y'),
      sans: fc.array(
        fc.constantFrom('*.example.com', 'lb.example.com', '203.0.113.5', 'fd00::5', ...SERVERS),
      ),
      podSubnet: fc.constant(podSubnet),
      serviceSubnet: fc.constant(serviceSubnet),
    }
    // Of IPv6 there are no ranges that are taken for granted.
    const needed = vip.includes(':') ? (['podSubnet', 'serviceSubnet'] as const) : []
    return fc.record({ vip: fc.constant(vip), ...optional }, { requiredKeys: ['vip', ...needed] })
  })
  .map((raw) => parseConfig(raw))
