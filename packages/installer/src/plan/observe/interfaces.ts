import type { NodeHost } from '../../host/host.ts'
import { ask, unlessUnknown } from './ask.ts'

/** A link of a node with its addresses. */
export interface ObservedInterface {
  readonly name: string
  readonly addresses: readonly string[]
}

/** The links of a node; `undefined` where ip(8) is missing, or too old for JSON. */
export async function readInterfaces(host: NodeHost): Promise<readonly ObservedInterface[] | undefined> {
  const text = await ask(host, ['ip', '-j', 'address'])
  return text === undefined ? undefined : await unlessUnknown(() => interfacesOf(JSON.parse(text)))
}

/** Reads what `ip -j address` prints; throws RangeError for anything else. */
export function interfacesOf(printed: unknown): readonly ObservedInterface[] {
  return listOf(printed).map((link) => ({
    name: textOf(link, 'ifname'),
    // A link that went away while it was looked at is an empty object in some releases.
    addresses: listOf(propertyOf(link, 'addr_info') ?? []).map((one) => textOf(one, 'local')),
  }))
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new RangeError('must be a list')
  return value.filter((one) => typeof one === 'object' && one !== null && Object.keys(one).length > 0)
}

function textOf(value: unknown, key: string): string {
  const text = propertyOf(value, key)
  if (typeof text !== 'string') throw new RangeError(`must have ${key}`)
  return text
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
