import type { ExecOptions, NodeHost } from '../../host/host.ts'

/** No program that only looks takes longer, in milliseconds. */
export const ASK_MS = 10_000

/** What a program that only looks prints; `undefined` when it cannot be run, or does not end with 0. */
export async function ask(
  host: NodeHost,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<string | undefined> {
  const result = await unlessUnknown(() => host.exec(argv, { timeoutMs: ASK_MS, ...options }))
  return result?.code === 0 ? result.stdout : undefined
}

/** What `look` gives, or `undefined` when it cannot be had: a fact that is not known hides no other. */
export async function unlessUnknown<T>(look: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch {
    return undefined
  }
}
