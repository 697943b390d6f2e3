import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { main } from 'lvscare'
import { clusterFlags } from '../../../docs/examples/support/flags.ts'
import { main as installerMain } from '../../../packages/installer/src/cli/main.ts'
import { fakeCliHost } from '../../../packages/installer/test/cli/fake-cli-host.ts'
import { ROOT } from '../../contract/support/documents.ts'
import type { Command } from './shell.ts'

/** Looks at a command with the code that would read it, and without any effect; throws when it would be refused. */
export type Parser = (command: Command) => Promise<void>

const nothing = async (): Promise<void> => undefined

/** `lvscare` with the real command line, and nothing behind it. */
export const lvscare: Parser = async ({ words, environment }) => {
  let said = ''
  const say = (text: string): void => {
    said += text
  }
  const commands = { care: nothing, status: nothing, doctor: async () => 0 }
  const code = await main(words.slice(1), { stdout: () => {}, stderr: say, environment, ...commands })
  if (code !== 0) throw new Error(`${words.join(' ')}\n${said}`)
}

/** A program that starts `lvscare` elsewhere, such as a container engine: what it hands over is read. */
export const starter: Parser = async ({ words, environment }) => {
  const own = words.findIndex((word, at) => at > 0 && /^(\/usr\/bin\/)?lvscare$/.test(word))
  const command = words.findIndex((word, at) => at > own && /^(care|status|doctor|version)$/.test(word))
  if (command !== -1) await lvscare({ words: ['lvscare', ...words.slice(command)], environment })
}

const NO_NODE = 'a node would be worked on now'

/** Stands for what the reader keeps in variables and files of his own. */
const SECRET = 'abcdef.0123456789abcdef'

/** `lvscare-installer` with the real command line, as far as the node. */
export const installer: Parser = async ({ words, environment }) => {
  const open = (): never => {
    throw new Error(NO_NODE)
  }
  const variables = { TOKEN: SECRET, CERTIFICATE_KEY: 'a'.repeat(64), SSH_PASSWORD: SECRET, ...environment }
  const host = fakeCliHost({ open, environment: variables })
  const readFile = async (path: string): Promise<string> => textOf(path)
  const code = await installerMain(words.slice(1), { ...host, readFile })
  const { err } = host.seen
  if (code !== 0 && !err.includes(NO_NODE)) throw new Error(`${words.join(' ')}\n${err}`)
}

/** What a file of the reader has, by its name. */
function textOf(path: string): string {
  if (/\.(crt|pem)$/.test(path)) return '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'
  return /lvscare\.(ya?ml|json)$/.test(path) ? '{}' : '\n'
}

/** `node docs/examples/init.ts ...`: the program is there, and takes these flags. */
export const example: Parser = async ({ words }) => {
  const [, file = '', ...argv] = words
  if (!existsSync(join(ROOT, file))) throw new Error(`${file} is not there`)
  if (file.startsWith('docs/examples/')) clusterFlags(argv, {})
}

/** A package of ours by its name, as a registry would be asked for it. */
const OURS = /^(lvscare|@lvscare\/[\w-]+)(@.*)?$/

/** `npm run NAME`: there is such a script. `npm install`: what is ours is in no registry, and comes from a tarball. */
export const npm: Parser = async ({ words }) => {
  const fetched = words[1] === 'install' ? words.slice(2).find((word) => OURS.test(word)) : undefined
  if (fetched !== undefined)
    throw new Error(`${fetched} is in no registry: install what npm run pack:all makes`)
  const name = words[1] === 'run' ? words[2] : words[1]
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }
  const own = ['install', 'ci', 'pack', 'publish', 'audit', 'exec', 'view', 'version', 'login', 'uninstall']
  if (!Object.hasOwn(scripts, name ?? '') && !own.includes(name ?? ''))
    throw new Error(`npm has no script ${name}`)
}

/** A script of this repository: it is there. */
export const script: Parser = async ({ words: [path = ''] }) => {
  if (!existsSync(join(ROOT, path))) throw new Error(`${path} is not there`)
}
