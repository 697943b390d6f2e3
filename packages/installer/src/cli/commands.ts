import type { CommandHelp } from 'lvscare'
import {
  DRY_RUN,
  EXIT_CODE,
  FORCE,
  HOST_FLAGS,
  JOIN_FLAGS,
  JSON_FLAG,
  MASTER,
  MAX_FAILURES,
  PHASE,
} from './command-flags.ts'
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

/** What `manifest` prints. */
export const MANIFEST_FORMATS = ['pod', 'cloud-init', 'cluster-api'] as const

/** What `config` does. */
export const CONFIG_VERBS = ['template', 'render', 'kubeadm'] as const

/** One of {@link CONFIG_VERBS}. */
export type ConfigVerb = (typeof CONFIG_VERBS)[number]

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
