import type { NodeWorld } from './node-world.ts'
import { type World, world } from './world.ts'

/** Where an installer has its files. */
const FOLDERS = '/etc /var/lib'

/** A node as it can be compared: its files with modes, owners and contents, and what the kernel has. */
export interface NodeState {
  readonly files: Readonly<Record<string, string>>
  readonly kernel: World
}

/** Looks at the whole node. */
export function nodeState(node: NodeWorld): NodeState {
  return { files: nodeFiles(node), kernel: world(node.run) }
}

/** Every file, folder and link, by path: what it is, as one text. By programs, for they are fast where all is emulated. */
export function nodeFiles(node: NodeWorld): Record<string, string> {
  const listed = node.run('sh', '-c', `find ${FOLDERS} -printf '%p\\t%y %m %U:%G %l\\n'`)
  const digests = node.run('sh', '-c', `find ${FOLDERS} -type f -exec sha256sum {} +`)
  const contents = new Map(lines(digests).map((line) => [line.slice(66), line.slice(0, 16)]))
  const files = lines(listed).map((line) => {
    const [path = '', text = ''] = line.split('\t')
    return [path, `${text}${contents.get(path) ?? ''}`] as const
  })
  return Object.fromEntries(files.sort())
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
