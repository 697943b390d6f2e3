import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'

/** Every call on a node, a line of JSON each. */
export const CALLS = '/run/kubeadm.log'

/** What stops kubeadm, with its exit code. */
export class KubeadmError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Flags with a value, and those without, of the subset that is known here. */
const VALUED = [
  ...['token', 'discovery-token-ca-cert-hash', 'certificate-key', 'apiserver-advertise-address', 'config'],
  ...['ignore-preflight-errors', 'node-name', 'skip-phases', 'cri-socket', 'output', 'v'],
]
const PLAIN = ['control-plane', 'upload-certs', 'force', 'discovery-token-unsafe-skip-ca-verification']
const SHORT: Readonly<Record<string, string>> = { f: 'force', o: 'output' }

/** With `--config` everything else stands in the file (kubeadm's isAllowedFlag). */
const BESIDE_CONFIG = ['config', 'ignore-preflight-errors', 'node-name', 'upload-certs', 'skip-phases', 'v']

/** What was given on the command line. */
export interface Arguments {
  readonly words: readonly string[]
  readonly flags: ReadonlyMap<string, readonly string[]>
}

/** Reads it; an unknown flag is an error, as with the real one. */
export function readArguments(argv: readonly string[]): Arguments {
  const words: string[] = []
  const flags = new Map<string, string[]>()
  const rest = [...argv]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const match = /^--?([\w-]+)(?:=(.*))?$/s.exec(word)
    if (match === null) {
      words.push(word)
      continue
    }
    const [, given = '', inline] = match
    const name = SHORT[given] ?? given
    if (!VALUED.includes(name) && !PLAIN.includes(name)) throw new KubeadmError(`unknown flag: --${name}`)
    const value = PLAIN.includes(name) ? 'true' : (inline ?? rest.shift())
    if (value === undefined) throw new KubeadmError(`flag needs an argument: --${name}`)
    flags.set(name, [...(flags.get(name) ?? []), value])
  }
  const mixed = [...flags.keys()].filter((name) => !BESIDE_CONFIG.includes(name))
  if (flags.has('config') && mixed.length > 0)
    throw new KubeadmError(`can not mix '--config' with arguments [${mixed.join(' ')}]`)
  return { words, flags }
}

/** The minors of Kubernetes that read and that write each version of kubeadm's API. */
const API_MINORS: Readonly<Record<string, readonly [number, number]>> = {
  v1beta1: [13, 21],
  v1beta2: [15, 26],
  v1beta3: [22, 36],
  v1beta4: [31, 99],
}

/** A document of kubeadm's own API out of a file, by its kind. */
export function readConfig(
  file: string,
  kind: string,
  minor: number,
): Readonly<Record<string, unknown>> | undefined {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new KubeadmError(`${file}: ${document.errors[0]?.message}`)
    return document.toJS() as Readonly<Record<string, unknown>> | null
  })
  const found = documents.find((document) => document?.['kind'] === kind) ?? undefined
  if (found !== undefined) checkVersion(String(found['apiVersion']), minor)
  return found
}

function checkVersion(apiVersion: string, minor: number): void {
  const [first, last] = API_MINORS[apiVersion.replace('kubeadm.k8s.io/', '')] ?? [0, -1]
  if (minor < first || minor > last)
    throw new KubeadmError(
      `your configuration file uses an API spec: "${apiVersion}" that 1.${minor} does not know`,
    )
}
