// The licence of Node.js, which goes where its program goes: into the image and beside the single file.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Below the folder that a node was installed into: by its own archive, and by the package of a distribution. */
const PLACES = ['LICENSE', 'share/doc/nodejs/LICENSE', 'share/doc/node/LICENSE', 'share/doc/nodejs/copyright']

/** The file with the licence of that node: the one that LVSCARE_NODE_LICENSE names, or else the one that was installed with it. */
export function nodeLicence(node, named = process.env.LVSCARE_NODE_LICENSE) {
  const places = named ? [named] : PLACES.map((place) => join(dirname(dirname(node)), place))
  const found = places.find((path) => existsSync(path))
  if (found !== undefined) return found
  const advice = named ? 'correct LVSCARE_NODE_LICENSE' : 'name it in LVSCARE_NODE_LICENSE'
  throw new Error(`the licence of ${node} is not in ${places.join(', ')}: ${advice}`)
}
