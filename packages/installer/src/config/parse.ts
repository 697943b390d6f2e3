import { type Endpoint, endpointText, parseEndpoint, parsePort, VERSION } from 'lvscare'
import { ConfigError } from '../errors.ts'
import { type InstallerConfig, PROFILES, ROLES } from './config.ts'
import { Fields, isPlainObject, type PlainObject } from './fields.ts'
import { readGuard, type WantedServer } from './guard.ts'
import { Problems } from './problems.ts'
import { RAW_KEYS } from './raw.ts'
import * as rules from './rules.ts'
import { suggestion } from './suggest.ts'
import { parseVersion } from './version.ts'

export type { RawConfig, RawFlag } from './raw.ts'
export { rawConfig } from './raw-config.ts'

/** What is taken for granted unless somebody says otherwise: what sealos has. */
export const DEFAULTS = {
  vip: '10.103.97.2',
  port: 6443,
  endpointName: 'apiserver.cluster.local',
  podName: 'kube-sealyun-lvscare',
  command: ['lvscare'] as readonly string[],
  images: {
    hardened: `localhost/lvscare:${VERSION}` as string,
    sealos: 'ghcr.io/labring/lvscare:v1.1.3-beta.7',
  },
} as const

/**
 * Reads a configuration ({@link RawConfig}) from plain data, such as what JSON or YAML gives.
 *
 * Throws {@link ConfigError} with everything that is wrong. No I/O.
 */
export function parseConfig(input: unknown): InstallerConfig {
  const problems = new Problems()
  if (!isPlainObject(input)) {
    throw new ConfigError([{ path: 'configuration', value: input, rule: 'must be an object with settings' }])
  }
  refuseStrangers(input, problems)
  const config = readConfig(input, problems)
  if (config === undefined || problems.found.length > 0) throw new ConfigError(problems.found)
  return config
}

/** Their values are not shown: who misspells the name of a setting may have put a secret there. */
function refuseStrangers(input: PlainObject, problems: Problems): void {
  for (const key of Object.keys(input).filter((one) => !RAW_KEYS.includes(one)))
    problems.add(key, undefined, `is not a setting${suggestion(key, RAW_KEYS)}`)
}

/** `undefined` without a virtual server, which is then among the problems. */
function readConfig(input: PlainObject, problems: Problems): InstallerConfig | undefined {
  const fields = new Fields(input, problems)
  const port = fields.value('port', portRule) ?? DEFAULTS.port
  const virtual = readVirtual(fields, problems, port)
  const node = readNode(fields)
  const wanted = { virtual, servers: readServers(fields, port), vip: input['vip'] ?? DEFAULTS.vip }
  const { nodeAddress, profile } = node
  const guard = readGuard({ ...wanted, nodeAddress, profile, flags: input['guard'] }, problems)
  if (virtual === undefined) return undefined
  return { virtual, servers: guard.care?.servers ?? [], ...node, ...readCluster(fields), guard }
}

function readVirtual(fields: Fields, problems: Problems, port: number): Endpoint | undefined {
  const vip = fields.text('vip', rules.addressRule)
  if (problems.has('vip')) return undefined
  return parseEndpoint(endpointText(vip ?? DEFAULTS.vip, port))
}

/** What is of one node, and of how it is installed. */
type NodePart = Omit<InstallerConfig, 'virtual' | 'servers' | 'guard' | keyof ClusterPart>

/** What every node of a cluster has in common. */
type ClusterPart = Pick<
  InstallerConfig,
  'endpointName' | 'kubernetesVersion' | 'podSubnets' | 'serviceSubnets' | 'extraSans' | 'ca'
>

function readNode(fields: Fields): NodePart {
  const profile = fields.text('profile', (text) => oneOf(PROFILES, text)) ?? 'hardened'
  const command = fields.list('command', (text) => text)
  return {
    role: fields.text('role', (text) => oneOf(ROLES, text)) ?? 'worker',
    nodeAddress: fields.text('nodeAddress', rules.addressRule),
    podName: fields.text('podName', rules.labelRule) ?? DEFAULTS.podName,
    image: fields.text('image', rules.imageRule) ?? DEFAULTS.images[profile],
    imageArchive: fields.text('imageArchive', rules.pathRule),
    profile,
    guardControlPlane: fields.flag('guardControlPlane'),
    bootUnit: fields.flag('bootUnit'),
    command: command.length === 0 ? DEFAULTS.command : present(command),
  }
}

function readCluster(fields: Fields): ClusterPart {
  return {
    endpointName: fields.text('endpointName', rules.nameRule) ?? DEFAULTS.endpointName,
    kubernetesVersion: fields.value('kubernetesVersion', (value) => parseVersion(rules.versionText(value))),
    podSubnets: fields.text('podSubnet', rules.subnetsRule),
    serviceSubnets: fields.text('serviceSubnet', rules.subnetsRule),
    extraSans: [...new Set(present(fields.list('sans', rules.sanRule)))],
    ca: fields.text('ca', rules.authoritiesRule, rules.shortened),
  }
}

function readServers(fields: Fields, port: number): WantedServer[] {
  const texts = fields.list('servers', (text) => ({ text: rules.serverText(text, port), given: text }))
  return texts.flatMap((server, index) => (server === undefined ? [] : [{ ...server, index }]))
}

/** A number, or its digits: who reads flags has text. */
function portRule(value: unknown): number {
  if (typeof value !== 'number' && typeof value !== 'string') throw new RangeError('must be a number')
  return parsePort(String(value))
}

function oneOf<T extends string>(allowed: readonly T[], text: string): T {
  const found = allowed.find((one) => one === text)
  if (found === undefined) throw new RangeError(`must be one of ${allowed.join(', ')}`)
  return found
}

function present<T>(items: readonly (T | undefined)[]): T[] {
  return items.filter((item) => item !== undefined)
}
