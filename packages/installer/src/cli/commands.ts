import type { CommandHelp, Flag } from 'lvscare'
import { ALL_CONFIG_FLAGS, COMMAND_FLAG } from './config-flags.ts'

/** A command of the program. */
export type CommandName =
  | 'plan'
  | 'apply'
  | 'join'
  | 'status'
  | 'verify'
  | 'update'
  | 'uninstall'
  | 'manifest'
  | 'config'
  | 'validate'
  | 'version'

/** One command: its help, and what it takes besides flags. */
export interface Command extends CommandHelp {
  readonly name: CommandName
  /** How many words it takes that are no flags. @default 0 */
  readonly positionals?: number
  /** What stands behind `--` is handed on. @default false */
  readonly rest?: boolean
}

/** Which node, and how to get there. */
export const HOST_FLAGS: readonly Flag[] = [
  {
    name: 'host',
    type: 'list',
    describe:
      'work on that node over SSH instead of this one, USER@ADDRESS:PORT, root and 22 unless given; ' +
      'repeat it for each one',
  },
  { name: 'identity', type: 'text', describe: 'file of the private key for SSH' },
  { name: 'password-env', type: 'text', describe: 'variable with the password for SSH' },
  { name: 'passphrase-env', type: 'text', describe: 'variable with the passphrase of the private key' },
  {
    name: 'known-hosts',
    type: 'text',
    describe: "file of the host keys; this user's and this machine's unless given",
  },
  {
    name: 'parallel',
    type: 'text',
    default: '10',
    describe: 'how many nodes are worked on at a time, at most',
  },
  {
    name: 'root',
    type: 'text',
    describe: 'folder that stands for / in the paths of files; this node only',
  },
]

const JSON_FLAG: Flag = {
  name: 'json',
  type: 'switch',
  default: false,
  describe: 'print one document of JSON; events are lines of JSON on standard error',
}
const FORCE: Flag = {
  name: 'force',
  type: 'switch',
  default: false,
  describe: 'replace files of somebody else, and pass over the errors that allow it',
}
const DRY_RUN: Flag = {
  name: 'dry-run',
  type: 'switch',
  default: false,
  describe: 'show what would be changed, and change nothing',
}
const PHASE: Flag = {
  name: 'phase',
  type: 'text',
  describe:
    'before or after kubeadm join, which /etc/hosts of a control plane depends on; ' +
    'unless given what the node is known to be, else before',
}
const EXIT_CODE: Flag = {
  name: 'exit-code',
  type: 'switch',
  default: false,
  describe: 'exit with 3 when something would be changed',
}
const MAX_FAILURES: Flag = {
  name: 'max-failures',
  type: 'text',
  default: '0',
  describe: 'how many nodes may fail before no further one is begun',
}

const JOIN_FLAGS: readonly Flag[] = [
  { name: 'token', type: 'text', describe: 'bootstrap token; better in a variable, with --token-env' },
  { name: 'token-env', type: 'text', describe: 'variable with the bootstrap token' },
  {
    name: 'discovery-token-ca-cert-hash',
    type: 'list',
    describe: 'hash of the key of the authority of the cluster, sha256:HEX; repeat it for each one',
  },
  {
    name: 'control-plane',
    type: 'switch',
    default: false,
    describe: 'join as a control plane; the same as --role control-plane',
  },
  { name: 'certificate-key', type: 'text', describe: 'key of the uploaded certificates of a control plane' },
  { name: 'certificate-key-env', type: 'text', describe: 'variable with that key' },
  {
    name: 'kubeadm',
    type: 'text',
    default: 'kubeadm',
    describe: 'what runs kubeadm on the node, with blanks between its words',
  },
]

/** What `manifest` prints. */
export const MANIFEST_FORMATS = ['pod', 'cloud-init', 'cluster-api'] as const

/** What `config` does. */
export const CONFIG_VERBS = ['template', 'render', 'kubeadm'] as const

/** One of {@link CONFIG_VERBS}. */
export type ConfigVerb = (typeof CONFIG_VERBS)[number]

const MASTER: Flag = {
  name: 'master',
  type: 'list',
  describe: 'apiserver, IP or IP:PORT; all of them, repeat it for each one',
}

/** Every command with its flags, in the order of the help text. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'plan',
    describe: 'show what apply would change',
    flags: [...ALL_CONFIG_FLAGS, PHASE, FORCE, EXIT_CODE, ...HOST_FLAGS, JSON_FLAG],
  },
  {
    name: 'apply',
    describe: 'set nodes up: rule, static pod, hosts; undone when a part of it fails',
    flags: [...ALL_CONFIG_FLAGS, PHASE, FORCE, DRY_RUN, MAX_FAILURES, ...HOST_FLAGS, JSON_FLAG],
  },
  {
    name: 'join',
    usage: 'join [endpoint] [-- flags of kubeadm join]',
    describe: 'set a node up and run kubeadm join on it',
    positionals: 1,
    rest: true,
    flags: [...ALL_CONFIG_FLAGS, ...JOIN_FLAGS, FORCE, ...HOST_FLAGS, JSON_FLAG],
  },
  {
    name: 'status',
    describe: 'show what is installed, and how it is',
    flags: [COMMAND_FLAG, ...HOST_FLAGS, JSON_FLAG],
  },
  {
    name: 'verify',
    describe: 'compare nodes with their configuration: the recorded one, or the one that is given',
    flags: [...ALL_CONFIG_FLAGS, ...HOST_FLAGS, JSON_FLAG],
  },
  {
    name: 'update',
    describe: 'give nodes another list of apiservers, in the manifest and in the live rule',
    flags: [MASTER, DRY_RUN, MAX_FAILURES, COMMAND_FLAG, ...HOST_FLAGS, JSON_FLAG],
  },
  {
    name: 'uninstall',
    describe: 'take back everything that was installed: what is recorded, or what is given where nothing is',
    flags: [
      ...ALL_CONFIG_FLAGS,
      {
        name: 'keep-hosts',
        type: 'switch',
        default: false,
        describe: 'leave our lines in /etc/hosts',
      },
      DRY_RUN,
      ...HOST_FLAGS,
      JSON_FLAG,
    ],
  },
  {
    name: 'manifest',
    describe: 'print the static pod, or all files and commands for cloud-init or Cluster API',
    flags: [
      ...ALL_CONFIG_FLAGS,
      {
        name: 'format',
        type: 'text',
        default: 'pod',
        describe: `one of ${MANIFEST_FORMATS.join(', ')}`,
      },
    ],
  },
  {
    name: 'config',
    usage: `config <${CONFIG_VERBS.join('|')}> [file]`,
    describe:
      "kubeadm's configuration. template: print the template; render: fill a template in (the file, or our own); " +
      'kubeadm: print all documents, merged into those of the file',
    positionals: 2,
    flags: ALL_CONFIG_FLAGS,
  },
  {
    name: 'validate',
    describe: 'look for what is wrong with a configuration, and with a node it is for',
    flags: [
      ...ALL_CONFIG_FLAGS,
      {
        name: 'offline',
        type: 'switch',
        default: false,
        describe: 'look at the configuration alone, at no node',
      },
      PHASE,
      ...HOST_FLAGS,
      JSON_FLAG,
    ],
  },
  {
    name: 'version',
    describe: 'print the version',
    flags: [{ name: 'short', type: 'switch', default: false, describe: 'only the number' }],
  },
]
