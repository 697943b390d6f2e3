import { example, installer, lvscare, npm, type Parser, script, starter } from './parsers.ts'
import type { Command } from './shell.ts'

/** Why commands of a program are not run here, and what looks at them instead. */
export interface Rule {
  readonly why: string
  readonly parser?: Parser
}

const KERNEL =
  'it needs root and a kernel with IPVS: parsed here; test/kernel/documents.ktest.ts runs the README'

/** Every program that a document may use. One that is not here fails the test: add it with the reason. */
const RULES: Readonly<Record<string, Rule>> = {
  lvscare: { why: KERNEL, parser: lvscare },
  'lvscare-installer': { why: KERNEL, parser: installer },
  npm: { why: 'builds, downloads, or is what runs this test; only its scripts are looked up', parser: npm },
  npx: { why: 'a tool of developers' },
  node: {
    why: 'parsed; packages/installer/test/cluster/examples.test.ts runs the examples',
    parser: example,
  },
  ...listed(
    'of a node or a cluster that is not here',
    'kubeadm systemctl journalctl systemd-analyze ssh scp',
  ),
  ...listed(
    'it starts the guard elsewhere; what it hands over is parsed',
    'kubectl crictl ctr docker',
    starter,
  ),
  ...listed(
    'it asks or changes the kernel; the README is run in the kernel suite',
    'ipvsadm ip nft sysctl modprobe',
  ),
  ...listed('it asks a guard that runs; the README is run in the kernel suite', 'curl jq ps grep'),
  ...listed(
    'files of a node',
    'install mkdir mv cp rm cat sleep echo sed tee ls chmod openssl cmp diff useradd',
  ),
  ...listed('it installs, downloads or publishes', 'apt-get git gh buildah skopeo tar sha256sum'),
  ...listed('a program of others, tested where its files are', 'promtool prometheus grype cosign'),
  ...listed('of the shell', 'export cd set true test exit umask'),
}

function listed(why: string, names: string, parser?: Parser): Record<string, Rule> {
  const rule: Rule = parser === undefined ? { why } : { why, parser }
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]))
}

/** The rule for a command; throws for a program that nobody has thought of. */
export function ruleOf({ words: [program = ''] }: Command): Rule {
  const found = RULES[program]
  if (found !== undefined) return found
  if (/^(scripts|test)\//.test(program)) return { why: 'a tool of developers', parser: script }
  const built = /^(?:\.\/)?(?:packages\/[\w-]+\/dist|dist)\/(lvscare)[\w.-]*$/.exec(program)?.[1]
  if (built !== undefined) return { why: KERNEL, parser: lvscare }
  throw new Error(
    `"${program}" is on no list: add it to test/e2e/documents/programs.ts, or mark the block as text`,
  )
}

/** Commands that touch nothing but the folder they are started in. */
const HARMLESS: Readonly<Record<string, RegExp>> = {
  lvscare: /^(version|--help|help|-h)\b|--help\b/,
  'lvscare-installer': /^(version|manifest|config|--help|help)\b|^validate\b.*--offline\b|--help\b/,
}

/** Whether a command can be run anywhere: it needs no node, no kernel, no network, and no file that the reader has. */
export function runsAnywhere({ words: [program = '', ...rest] }: Command): boolean {
  return HARMLESS[program]?.test(rest.join(' ')) ?? false
}
