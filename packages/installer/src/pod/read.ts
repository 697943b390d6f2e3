import { configuredNodeAddress, endpointText, parseEndpoint } from 'lvscare'
import { type GuardParts, readArguments } from '../config/arguments.ts'
import { isPlainObject, type PlainObject } from '../config/fields.ts'
import { parseConfig, type RawConfig } from '../config/parse.ts'
import { ConfigError } from '../errors.ts'
import { expanded } from './expansion.ts'
import { NODE_ADDRESS_VARIABLE } from './guard-container.ts'
import { Foreign, objectOf, podOf, shown, textOf, textsOf } from './manifest.ts'
import type { AnyPod } from './types.ts'

/** What a manifest says. */
export type StaticPodReading =
  | {
      readonly foreign: false
      /** What a manifest carries of a configuration. */
      readonly config: RawConfig
      readonly pod: AnyPod
    }
  | {
      readonly foreign: true
      /** Why it is not the manifest of a guard, to follow the name of the file: `has 2 containers`. */
      readonly why: string
    }

/**
 * Reads the manifest of a guard, whoever wrote it: this package, sealos, or a hand.
 *
 * It is foreign when it cannot be read, runs anything else, or gives the guard more than a configuration can: other containers, an
 * environment, arguments. What else a pod may have, such as labels or volumes, makes it no less a guard's.
 */
export function readStaticPod(text: string): StaticPodReading {
  try {
    return read(text)
  } catch (error) {
    if (error instanceof Foreign) return { foreign: true, why: error.message }
    // Kubernetes takes names and images that a configuration may not have.
    if (error instanceof ConfigError) return { foreign: true, why: `cannot be taken over: ${error.message}` }
    throw error
  }
}

function read(text: string): StaticPodReading {
  const pod = podOf(text)
  const spec = objectOf(pod, 'spec')
  const container = containerOf(spec)
  const environment = environmentOf(container)
  const parts = readArguments(argvOf(container, environment))
  if (parts === undefined) throw new Foreign('does not run "lvscare care" with flags that it would take')
  const config: RawConfig = {
    ...parts,
    ...nodeAddressOf(parts, environment),
    podName: textOf(objectOf(pod, 'metadata'), 'name'),
    image: textOf(container, 'image'),
    profile: isPrivileged(container) ? 'sealos' : 'hardened',
  }
  parseConfig(config)
  return { foreign: false, config, pod: pod as AnyPod }
}

/** The address that the guard would take; one of another family, or none at all, it passes over. */
function nodeAddressOf(
  { vip, port, nodeAddress: flag }: GuardParts,
  environment: ReadonlyMap<string, string>,
): Pick<RawConfig, 'nodeAddress'> {
  const sources = { flag, environment: environment.get(NODE_ADDRESS_VARIABLE), hosts: '' }
  const nodeAddress = configuredNodeAddress(sources, parseEndpoint(endpointText(vip, port)))
  return nodeAddress === undefined ? {} : { nodeAddress }
}

function containerOf(spec: PlainObject): PlainObject {
  const containers = [spec['containers'], spec['initContainers']].flatMap((list) =>
    Array.isArray(list) ? list : [],
  )
  if (containers.length !== 1) throw new Foreign(`has ${containers.length} containers`)
  const [container]: unknown[] = containers
  if (!isPlainObject(container)) throw new Foreign('has a container that is no object')
  return container
}

/** Flags from the environment would be lost: nothing that we write has them. */
function environmentOf(container: PlainObject): Map<string, string> {
  if (container['envFrom'] !== undefined) throw new Foreign('takes its environment from elsewhere')
  const variables = container['env'] ?? []
  if (!Array.isArray(variables)) throw new Foreign('has an environment that is no list')
  const environment = new Map<string, string>()
  for (const variable of variables as unknown[]) {
    const name = isPlainObject(variable) ? textOf(variable, 'name') : ''
    if (!isPlainObject(variable) || variable['valueFrom'] !== undefined || /^CARE_/.test(name))
      throw new Foreign(`sets ${shown(name)} in its environment`)
    environment.set(
      name,
      expanded(variable['value'] === undefined ? '' : textOf(variable, 'value'), environment),
    )
  }
  return environment
}

/** What the container runs, from the word behind the program on. */
function argvOf(container: PlainObject, environment: ReadonlyMap<string, string>): string[] {
  const words = [...textsOf(container, 'command'), ...textsOf(container, 'args')]
  const argv = words.map((word) => expanded(word, environment))
  // An image may have the program as its entry point.
  return argv[0] === 'care' ? argv : argv.slice(1)
}

function isPrivileged(container: PlainObject): boolean {
  const context = container['securityContext']
  return isPlainObject(context) && context['privileged'] === true
}
