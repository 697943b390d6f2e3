/** One flag of `lvscare care`: the only place that knows its name, default and description. */
export interface Flag {
  readonly name: string
  readonly aliases?: readonly string[]
  /** `list` may be given more than once, or with commas. */
  readonly type: 'text' | 'list' | 'switch'
  /** What is used when the flag is not given; absent for a flag that has no default. */
  readonly default?: string | boolean
  readonly describe: string
}

/** Schedulers of the kernel: net/netfilter/ipvs/ip_vs_*.c. */
export const SCHEDULERS: readonly string[] = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'fo',
  'ovf',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'mh',
  'sed',
  'nq',
  'twos',
]

/** How the node reaches the virtual IP. */
export const MODES = ['local', 'none'] as const

/** Levels of the log, most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Where metrics are served unless the operator says otherwise. */
export const DEFAULT_METRICS_ADDRESS = '127.0.0.1:9697'

/** Every flag of `lvscare care`, in the order of the help text. */
export const CARE_FLAGS: readonly Flag[] = [
  { name: 'vs', type: 'text', describe: 'virtual server, IP:PORT or [IPv6]:PORT (required)' },
  { name: 'rs', type: 'list', describe: 'real server, IP:PORT or [IPv6]:PORT; repeat it for each one' },
  {
    name: 'health-path',
    type: 'text',
    default: '/healthz',
    describe: 'path that is asked of each real server',
  },
  {
    name: 'health-scheme',
    aliases: ['health-schem'],
    type: 'text',
    default: 'https',
    describe: 'https or http',
  },
  {
    name: 'health-timeout',
    type: 'text',
    default: '10s',
    describe: 'longest time for one probe: seconds, or a duration such as 500ms',
  },
  {
    name: 'health-insecure-skip-verify',
    type: 'switch',
    default: true,
    describe: 'accept any certificate of a real server',
  },
  {
    name: 'interval',
    type: 'text',
    default: '5',
    describe: 'time from one probe of a real server to the next: seconds, or a duration such as 500ms',
  },
  { name: 'scheduler', type: 'text', default: 'rr', describe: `one of ${SCHEDULERS.join(', ')}` },
  {
    name: 'mode',
    type: 'text',
    default: 'local',
    describe: 'local: make the virtual IP local to this node; none: leave the way to it alone',
  },
  { name: 'ip', type: 'text', describe: "this node's address, the source of its connections in mode local" },
  { name: 'run-once', type: 'switch', default: false, describe: 'set the rules once and exit' },
  { name: 'clean', aliases: ['C'], type: 'switch', default: false, describe: 'remove the rules and exit' },
  { name: 'log-level', type: 'text', default: 'info', describe: `one of ${LOG_LEVELS.join(', ')}` },
  {
    name: 'metrics-address',
    type: 'text',
    default: DEFAULT_METRICS_ADDRESS,
    describe: 'where /metrics and /healthz are served, IP:PORT; off serves nothing',
  },
]

/** A command of the program. */
export type CommandName = 'care' | 'version'

/** Every command with its flags. */
export const COMMANDS: ReadonlyArray<{
  readonly name: CommandName
  readonly describe: string
  readonly flags: readonly Flag[]
}> = [
  { name: 'care', describe: 'guard the rule until stopped', flags: CARE_FLAGS },
  {
    name: 'version',
    describe: 'print the version',
    flags: [{ name: 'short', type: 'switch', default: false, describe: 'only the number' }],
  },
]
