import fc from 'fast-check'
import type { InstallerConfig } from '../../src/config/config.ts'
import { parseConfig, type RawConfig } from '../../src/config/parse.ts'
import { rawConfigs } from '../config/configs.ts'

/** The cluster of the documented manifests. */
export const CLUSTER: RawConfig = {
  servers: ['192.168.72.50', '192.168.72.51', '192.168.72.52'],
  nodeAddress: '192.168.72.53',
}

/** An image of this project; that of the sources has another name with every release. */
export const IMAGE = 'localhost/lvscare:0.1.0'

/** Its configuration, with changes. */
export function configOf(changes: RawConfig = {}): InstallerConfig {
  return parseConfig({ ...CLUSTER, ...changes })
}

/** Texts in which YAML, a shell, systemd or Kubernetes may see something else than text. */
export const nastyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['$', '$$', '$(LVSCARE_NODE_IP)', '$(X)', '%n', '%%', '"', "'", '\\', ' ', '\n', '\t', ': ', ' #'],
        ...[
          'off',
          'y',
          '~',
          'null',
          '1e3',
          '0x1f',
          '1:30',
          '2001-01-01',
          '-',
          '--rs',
          '=',
          '<<',
          '!x',
          '&a',
          '*a',
        ],
        ...[
          'ä',
          '\u0085',
          '\u2028',
          '\ufeff',
          '😀',
          '\u007f',
          '\u0001',
          '`id`',
          ';',
          '|',
          '>',
          '{',
          '[',
          ',',
        ],
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 6 },
  )
  .map((shards) => shards.join('').replaceAll('\0', ''))

const withServers = rawConfigs.filter(({ servers = [] }) => servers.length > 0)

/** Configurations of nodes with something to guard. */
export const guardedConfigs: fc.Arbitrary<InstallerConfig> = fc
  .tuple(withServers, nastyText, fc.boolean())
  .map(([raw, body, isNasty]) =>
    parseConfig(isNasty ? { ...raw, guard: { ...raw.guard, 'health-req-body': body } } : raw),
  )
