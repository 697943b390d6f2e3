import type { ClientSocket } from './clients.ts'

/** What {@link surplus} looks at. */
export interface SurplusInput {
  /** Two looks at the same servers, some time apart: only who is in both is a long-lived connection. */
  readonly before: readonly ClientSocket[]
  readonly after: readonly ClientSocket[]
  /** The endpoint texts of the servers that take connections. */
  readonly servers: ReadonlySet<string>
  /** Gives 0 to 1, without 1: which of a server's connections move is chance, so that it is not always the same ones. */
  readonly random: () => number
}

/**
 * The long-lived connections that must end for the servers to share them evenly: each server with more than its share
 * gives up the difference. A server at its share or under it gives up none, so nothing moves once they are even.
 */
export function surplus({ before, after, servers, random }: SurplusInput): ClientSocket[] {
  const old = new Set(before.map(identity))
  const stayed = after.filter((one) => servers.has(one.server) && old.has(identity(one)))
  const share = Math.ceil(stayed.length / servers.size)
  return [...servers].flatMap((server) => {
    const held = stayed.filter((one) => one.server === server)
    return pick(held, held.length - share, random)
  })
}

/** A cookie is the kernel's own name of a socket. */
function identity({ namespace, socket }: ClientSocket): string {
  return `${namespace ?? ''} ${socket.cookie}`
}

/** So many of them by chance; none when `count` is not above 0. */
function pick<T>(list: readonly T[], count: number, random: () => number): T[] {
  const left = [...list]
  return Array.from({ length: Math.max(0, count) }, () =>
    left.splice(Math.floor(random() * left.length), 1),
  ).flat()
}
