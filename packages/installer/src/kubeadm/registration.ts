import type { NodeRegistration } from './documents.ts'

/** How a node registers itself; `undefined` where there is nothing to say. */
export function nodeRegistration(
  modern: boolean,
  wanted: { criSocket?: string | undefined; nodeAddress?: string | undefined; ignores?: readonly string[] },
): NodeRegistration | undefined {
  const { criSocket, nodeAddress, ignores = [] } = wanted
  const registration: NodeRegistration = {
    ...(criSocket !== undefined && { criSocket }),
    ...(nodeAddress !== undefined && { kubeletExtraArgs: nodeIp(modern, nodeAddress) }),
    ...(ignores.length > 0 && { ignorePreflightErrors: ignores }),
  }
  return Object.keys(registration).length === 0 ? undefined : registration
}

function nodeIp(modern: boolean, value: string): NonNullable<NodeRegistration['kubeletExtraArgs']> {
  return modern ? [{ name: 'node-ip', value }] : { 'node-ip': value }
}
