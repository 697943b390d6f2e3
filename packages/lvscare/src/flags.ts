/** One flag of `lvscare care`: the only place that knows its name, default and description. */
export interface Flag {
  readonly name: string
  readonly aliases?: readonly string[]
  /** `list` may be given more than once, or with commas. */
  readonly type: 'text' | 'list' | 'switch'
  /** What is used when the flag is not given; absent for a flag that has no default. */
  readonly default?: string | boolean
  /** What a switch may be set to besides true and false, as in `--reset-connections=all-namespaces`. */
  readonly words?: readonly string[]
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
export const MODES = ['local', 'route', 'link', 'none'] as const

/** What becomes of the rule while no server is healthy. */
export const ALL_DOWN = ['keep', 'remove'] as const

/** Schedulers that send the more connections to a server the higher its weight is. */
export const WEIGHTED_SCHEDULERS: readonly string[] = ['wrr', 'wlc', 'sed', 'nq', 'lblc', 'lblcr', 'twos']

/** The word of `--reset-connections` for clients in every network namespace. */
export const ALL_NAMESPACES = 'all-namespaces'

/** Levels of the log, most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** Levels as lvscare calls them, and what they are here. */
export const LOGGER_LEVELS = { INFO: 'info', DEBG: 'debug' } as const

/** How the log is written; `auto`: for people on a terminal, JSON everywhere else. */
export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const

/** Where metrics are served unless the operator says otherwise. */
export const DEFAULT_METRICS_ADDRESS = '127.0.0.1:9697'

/** The rule: what is guarded, and how the node reaches it. */
const RULE_FLAGS: readonly Flag[] = [
  { name: 'vs', type: 'text', describe: 'virtual server, IP:PORT or [IPv6]:PORT (required)' },
  { name: 'rs', type: 'list', describe: 'real server, IP:PORT or [IPv6]:PORT; repeat it for each one' },
  { name: 'scheduler', type: 'text', default: 'rr', describe: `one of ${SCHEDULERS.join(', ')}` },
  {
    name: 'mode',
    type: 'text',
    default: 'local',
    describe:
      'local: make the virtual IP local to this node by a route; route: a route through this node, as lvscare does; ' +
      'link: a dummy device with the virtual IP and masquerading; none: leave the way to it alone',
  },
  {
    name: 'iface',
    aliases: ['i'],
    type: 'text',
    default: 'lvscare',
    describe: 'name of the dummy device in mode link',
  },
  {
    name: 'ip',
    type: 'text',
    describe: "this node's address: the source of its connections in mode local, the gateway in mode route",
  },
  {
    name: 'masquerade',
    type: 'switch',
    default: false,
    describe: 'give connections that are forwarded for pods an address of this node; always so in mode link',
  },
  {
    name: 'masqueradebit',
    type: 'text',
    default: '0',
    describe: 'taken for the sake of lvscare, 0 to 31, and not used: no packet mark is needed',
  },
]

/** The probe: what is asked of each real server, and what its answers mean. */
const PROBE_FLAGS: readonly Flag[] = [
  {
    name: 'health-path',
    type: 'text',
    default: '/healthz',
    describe: 'path that is asked of each real server',
  },
  {
    name: 'ready-path',
    type: 'text',
    describe: 'path that is asked too, such as /readyz: a server that is not ready gets no new connections',
  },
  {
    name: 'health-scheme',
    aliases: ['health-schem'],
    type: 'text',
    default: 'https',
    describe: 'https or http',
  },
  { name: 'health-req-method', type: 'text', default: 'GET', describe: 'method of the request' },
  { name: 'health-req-body', type: 'text', describe: 'body of the request' },
  { name: 'health-req-headers', type: 'list', describe: 'headers of the request, NAME=VALUE,...' },
  {
    name: 'health-status',
    type: 'list',
    describe: 'statuses of 400 and above that count as healthy, NUMBER,...',
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
    describe: 'accept any certificate of a real server; false as soon as --health-ca is given',
  },
  { name: 'health-ca', type: 'text', describe: 'file of the authorities a certificate must come from (PEM)' },
  { name: 'health-cert', type: 'text', describe: 'file of the client certificate (PEM)' },
  {
    name: 'health-key',
    type: 'text',
    describe: 'file of its key (PEM); may be left out when the key is in the file of --health-cert',
  },
  {
    name: 'health-server-name',
    type: 'text',
    describe: 'name that is asked for, and that the certificate must be made out for, instead of the address',
  },
  {
    name: 'interval',
    type: 'text',
    default: '5',
    describe: 'time from one probe of a real server to the next: seconds, or a duration such as 500ms',
  },
  { name: 'rise', type: 'text', default: '1', describe: 'healthy answers in a row that bring a server back' },
  { name: 'fall', type: 'text', default: '1', describe: 'sick answers in a row that drain a server' },
  {
    name: 'all-down',
    type: 'text',
    default: 'keep',
    describe: 'while no server is healthy, keep: leave the last good ones in the rule; remove: empty it',
  },
]

/** How fast the guard is, and what becomes of connections. */
const FAILOVER_FLAGS: readonly Flag[] = [
  {
    name: 'sentinel',
    type: 'switch',
    default: true,
    describe: 'hold a connection to each real server between probes, and act as soon as it ends',
  },
  {
    name: 'reset-connections',
    type: 'switch',
    default: true,
    words: [ALL_NAMESPACES],
    describe: `end the connections of this node to a server that is down; ${ALL_NAMESPACES}: those of pods too`,
  },
  {
    name: 'drain-timeout',
    type: 'text',
    describe: 'end the connections to a server that is only drained after this time too, such as 30s',
  },
  {
    name: 'slow-start',
    type: 'text',
    describe:
      'time in which a server that comes back gets its full weight, such as 30s; needs a weighted scheduler',
  },
  {
    name: 'rebalance',
    type: 'text',
    describe: 'connections that are ended in a second, at most, to spread them again when a server is back',
  },
]

/** Every flag of `lvscare care`, in the order of the help text. */
export const CARE_FLAGS: readonly Flag[] = [
  ...RULE_FLAGS,
  ...PROBE_FLAGS,
  ...FAILOVER_FLAGS,
  { name: 'run-once', type: 'switch', default: false, describe: 'set the rules once and exit' },
  { name: 'clean', aliases: ['C'], type: 'switch', default: false, describe: 'remove the rules and exit' },
  { name: 'logger', type: 'text', describe: 'level of the log as lvscare calls it, INFO or DEBG' },
  {
    name: 'log-level',
    type: 'text',
    default: 'info',
    describe: `one of ${LOG_LEVELS.join(', ')}; wins over --logger`,
  },
  {
    name: 'log-format',
    type: 'text',
    default: 'auto',
    describe: 'json, pretty, or auto: pretty on a terminal',
  },
  {
    name: 'metrics-address',
    type: 'text',
    default: DEFAULT_METRICS_ADDRESS,
    describe: 'where /metrics, /healthz and /readyz are served, IP:PORT; off serves nothing',
  },
  {
    name: 'metrics-tls-cert',
    type: 'text',
    describe: 'file of the certificate with which they are served over HTTPS (PEM); needs --metrics-tls-key',
  },
  {
    name: 'metrics-tls-key',
    type: 'text',
    describe: 'file of its key (PEM); may be the same file',
  },
  {
    name: 'metrics-client-ca',
    type: 'text',
    describe:
      'file of the authorities one of which must have issued the certificate of who reads /metrics (PEM)',
  },
]

const JSON_FLAG: Flag = { name: 'json', type: 'switch', default: false, describe: 'print JSON' }

/** A command of the program. */
export type CommandName = 'care' | 'status' | 'doctor' | 'version'

/** Every command with its flags. */
export const COMMANDS: ReadonlyArray<{
  readonly name: CommandName
  readonly describe: string
  readonly flags: readonly Flag[]
}> = [
  { name: 'care', describe: 'guard the rule until stopped', flags: CARE_FLAGS },
  {
    name: 'status',
    describe: 'show the rule, its servers and what the guard knows of them',
    flags: [
      {
        name: 'vs',
        type: 'text',
        describe: 'virtual server to show, IP:PORT or [IPv6]:PORT; every one of this node unless it is given',
      },
      JSON_FLAG,
      { name: 'watch', type: 'switch', default: false, describe: 'show it again every second' },
    ],
  },
  {
    name: 'doctor',
    describe: 'look for what is wrong, and say what mends it',
    flags: [...RULE_FLAGS, ...PROBE_FLAGS, JSON_FLAG],
  },
  {
    name: 'version',
    describe: 'print the version',
    flags: [{ name: 'short', type: 'switch', default: false, describe: 'only the number' }],
  },
]
