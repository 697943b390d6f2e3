import { describe, expect, it } from 'vitest'
import {
  type CareConfig,
  careConfig,
  type FailoverConfig,
  FlagValues,
  type HealthConfig,
  SCHEDULERS,
  UsageError,
} from '../src/index.ts'

const VS = '10.103.97.2:6443'
const BASE = { vs: [VS], rs: ['192.0.2.1:6443', '192.0.2.2:6443'] }

const HEALTH: HealthConfig = {
  scheme: 'https',
  path: '/healthz',
  readyPath: undefined,
  method: 'GET',
  headers: new Map(),
  body: undefined,
  statuses: new Set(),
  timeoutMs: 10_000,
  insecure: true,
  caFile: undefined,
  certFile: undefined,
  keyFile: undefined,
  serverName: undefined,
  rise: 1,
  fall: 1,
  allDown: 'keep',
}

const FAILOVER: FailoverConfig = {
  sentinel: true,
  reset: 'own',
  drainTimeoutMs: undefined,
  slowStartMs: undefined,
  rebalance: undefined,
}

function config(given: Record<string, (string | boolean)[]> = {}): CareConfig {
  return careConfig(new FlagValues(new Map(Object.entries({ ...BASE, ...given }))))
}

describe('careConfig', () => {
  it('fills in every default', () => {
    expect(config()).toEqual({
      virtual: { family: 'inet', address: '10.103.97.2', port: 6443, text: VS },
      servers: [
        { family: 'inet', address: '192.0.2.1', port: 6443, text: '192.0.2.1:6443' },
        { family: 'inet', address: '192.0.2.2', port: 6443, text: '192.0.2.2:6443' },
      ],
      scheduler: 'rr',
      mode: 'local',
      iface: 'lvscare',
      nodeAddress: undefined,
      masquerade: false,
      health: HEALTH,
      intervalMs: 5000,
      failover: FAILOVER,
      runOnce: false,
      clean: false,
      logLevel: 'info',
      logFormat: 'auto',
      metricsAddress: { family: 'inet', address: '127.0.0.1', port: 9697, text: '127.0.0.1:9697' },
      flags: new Map([
        ['vs', [VS]],
        ['rs', BASE.rs],
      ]),
    })
  })

  it('takes the files of the metrics, and none that a template left empty', () => {
    const files = { 'metrics-tls-cert': ['/tls.crt'], 'metrics-tls-key': ['/tls.key'] }
    const named = { certFile: '/tls.crt', keyFile: '/tls.key' }
    expect(config({ ...files, 'metrics-client-ca': [''] }).metricsTls).toEqual({
      ...named,
      clientCaFile: undefined,
    })
    expect(config({ ...files, 'metrics-client-ca': ['/ca.crt'] }).metricsTls).toEqual({
      ...named,
      clientCaFile: '/ca.crt',
    })
    expect(config({ 'metrics-tls-cert': [''], 'metrics-tls-key': [''] }).metricsTls).toBeUndefined()
  })

  it('takes every value', () => {
    const taken = config({
      scheduler: ['wlc'],
      mode: ['none'],
      ip: ['192.0.2.9'],
      'health-scheme': ['http'],
      'health-path': ['livez?verbose'],
      'health-timeout': ['300ms'],
      'health-insecure-skip-verify': [false],
      interval: ['1.5'],
      'log-level': ['debug'],
      'metrics-address': ['off'],
      'run-once': [true],
    })
    expect(taken).toMatchObject({
      scheduler: 'wlc',
      mode: 'none',
      nodeAddress: '192.0.2.9',
      intervalMs: 1500,
    })
    expect(taken).toMatchObject({ runOnce: true, logLevel: 'debug', metricsAddress: undefined })
    expect(taken.health).toEqual({
      ...HEALTH,
      scheme: 'http',
      path: '/livez?verbose',
      timeoutMs: 300,
      insecure: false,
    })
  })

  it('takes every value of the probe', () => {
    const { health } = config({
      'health-req-method': ['head'],
      'health-req-headers': ['Authorization=Bearer a=b,X-From=node', 'Host=apiserver'],
      'health-req-body': [''],
      'health-status': ['401,404', '500'],
      'health-ca': ['/ca.crt'],
      'health-cert': ['/client.pem'],
      'health-key': ['/client.key'],
      'health-server-name': ['kubernetes.default.svc'],
      rise: ['2'],
      fall: ['3'],
      'all-down': ['remove'],
    })
    expect(health).toEqual({
      ...HEALTH,
      method: 'HEAD',
      headers: new Map([
        ['Authorization', 'Bearer a=b'],
        ['X-From', 'node'],
        ['Host', 'apiserver'],
      ]),
      body: '',
      statuses: new Set([401, 404, 500]),
      insecure: false,
      caFile: '/ca.crt',
      certFile: '/client.pem',
      keyFile: '/client.key',
      serverName: 'kubernetes.default.svc',
      rise: 2,
      fall: 3,
      allDown: 'remove',
    })
  })

  it('takes every value of the failover', () => {
    const given = {
      scheduler: ['wlc'],
      sentinel: [false],
      'ready-path': ['readyz'],
      'reset-connections': ['all-namespaces'],
      'drain-timeout': ['30s'],
      'slow-start': ['1m'],
      rebalance: ['5'],
    }
    expect(config(given).failover).toEqual({
      sentinel: false,
      reset: 'all',
      drainTimeoutMs: 30_000,
      slowStartMs: 60_000,
      rebalance: 5,
    })
    expect(config(given).health.readyPath).toBe('/readyz')
    expect(config({ 'reset-connections': [false] }).failover.reset).toBe('off')
    expect(config({ 'reset-connections': [true] }).failover.reset).toBe('own')
  })

  it.each([
    [{ 'slow-start': ['30s'] }, /^--slow-start "30s": needs --scheduler wrr, .*: rr does not go by weights$/],
    [{ 'slow-start': ['30s'], scheduler: ['mh'] }, /mh does not go by weights$/],
    [{ 'drain-timeout': ['0'] }, /^--drain-timeout "0": must be at least 1ms$/],
    [{ rebalance: ['0'] }, /^--rebalance "0": must be a number from 1 to 1000$/],
    [
      { rebalance: ['3'], 'reset-connections': [false] },
      /^--rebalance "3": ends connections, which --reset-connections=false forbids$/,
    ],
    [
      { 'reset-connections': ['some'] },
      /^--reset-connections "some": must be true, false or all-namespaces$/,
    ],
    [{ 'ready-path': ['/a b'] }, /^--ready-path "\/a b": must be a path/],
  ])('refuses %j', (given, message) => {
    expect(() => config(given)).toThrow(message)
  })

  it('checks certificates as soon as an authority is named, unless told not to without one', () => {
    expect(config({ 'health-ca': ['/ca'] }).health.insecure).toBe(false)
    expect(config({ 'health-ca': ['/ca'], 'health-insecure-skip-verify': [false] }).health.insecure).toBe(
      false,
    )
    expect(config({ 'health-insecure-skip-verify': [true] }).health.insecure).toBe(true)
  })

  it('always masquerades in mode link, elsewhere when asked to', () => {
    expect(config({ mode: ['link'] }).masquerade).toBe(true)
    expect(config({ mode: ['route'] }).masquerade).toBe(false)
    expect(config({ mode: ['route'], masquerade: [true] }).masquerade).toBe(true)
  })

  it.each([
    [{ logger: ['INFO'] }, 'info'],
    [{ logger: ['DEBG'] }, 'debug'],
    [{ logger: ['debg'] }, 'debug'],
    [{ logger: ['DEBG'], 'log-level': ['warn'] }, 'warn'],
  ])('reads the level of the log from %j', (given, level) => {
    expect(config(given).logLevel).toBe(level)
  })

  it('takes the environment where the command line says nothing, and names its variables', () => {
    const from = (environment: Record<string, string>): CareConfig =>
      careConfig(new FlagValues(new Map(), undefined, environment))
    const taken = from({
      CARE_VS: VS,
      CARE_RS: '192.0.2.1:1,192.0.2.2:1',
      CARE_MODE: 'route',
      CARE_RUN_ONCE: 'true',
    })
    expect(taken).toMatchObject({ mode: 'route', runOnce: true, virtual: { text: VS } })
    expect(taken.servers.map(({ text }) => text)).toEqual(['192.0.2.1:1', '192.0.2.2:1'])
    expect(() => from({ CARE_VS: 'x' })).toThrow(/^CARE_VS "x": /)
    expect(() => from({ CARE_VS: VS, CARE_RS: 'y' })).toThrow(/^CARE_RS "y": /)
    expect(() => from({ CARE_VS: VS, CARE_RS: '192.0.2.1:1', CARE_FALL: 'z' })).toThrow(/^CARE_FALL "z": /)
  })

  it.each([
    ['Authorization: Bearer c2VjcmV0dG9rZW4='],
    ['X=1,c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0=a\u0007'],
  ])('never shows what may be a secret: %s', (text) => {
    expect(() => config({ 'health-req-headers': [text] })).toThrow(
      new UsageError('--health-req-headers "...": must be NAME=VALUE of printable characters'),
    )
  })

  it('never shows the value of a header', () => {
    expect(() => config({ 'health-req-headers': ['Authorization=Bearer s3cret\u0007'] })).toThrow(
      new UsageError('--health-req-headers "Authorization=...": must be NAME=VALUE of printable characters'),
    )
    expect(() => config({ 'health-req-headers': ['s3cret'] })).toThrow(
      new UsageError('--health-req-headers "...": must be NAME=VALUE of printable characters'),
    )
  })

  it.each([
    ['Transfer-Encoding=chunked', 'Transfer-Encoding=...', 'is a header that the probe sets by itself'],
    ['content-length=9', 'content-length=...', 'is a header that the probe sets by itself'],
    ['Host=a,host=b', 'host=...', 'is given twice'],
  ])('refuses the headers %s', (text, shown, rule) => {
    expect(() => config({ 'health-req-headers': [text] })).toThrow(
      new UsageError(`--health-req-headers "${shown}": ${rule}`),
    )
  })

  it.each(SCHEDULERS)('takes the scheduler %s', (scheduler) => {
    expect(config({ scheduler: [scheduler] }).scheduler).toBe(scheduler)
  })

  it('takes IPv6 throughout', () => {
    const { virtual, servers, nodeAddress } = config({
      vs: ['[fd00:0::2]:6443'],
      rs: ['[fd00::a]:1'],
      ip: ['fd00:0::9'],
    })
    expect([virtual.text, servers[0]?.text, nodeAddress]).toEqual([
      '[fd00::2]:6443',
      '[fd00::a]:1',
      'fd00::9',
    ])
  })

  it('needs no server with --clean, and takes those that are given', () => {
    expect(config({ clean: [true], rs: [] }).servers).toEqual([])
    expect(config({ clean: [true] }).servers).toHaveLength(2)
  })

  it.each([
    [{ vs: [] }, '--vs is missing: give the virtual server as IP:PORT'],
    [{ rs: [] }, '--rs is missing: give at least one real server as IP:PORT'],
    [
      { vs: ['10.103.97.2'] },
      '--vs "10.103.97.2": the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443',
    ],
    [{ vs: ['10.103.97.2:0'] }, '--vs "10.103.97.2:0": the port must be a number from 1 to 65535, not "0"'],
    [
      { vs: ['10.103.97.2:65536'] },
      '--vs "10.103.97.2:65536": the port must be a number from 1 to 65535, not "65536"',
    ],
    [
      { vs: ['vip.local:6443'] },
      '--vs "vip.local:6443": "vip.local" is not an IP address: host names are not resolved, because DNS may need this very path',
    ],
    [{ vs: ['0.0.0.0:6443'] }, '--vs "0.0.0.0:6443": must be the address of one host, not unspecified'],
    [{ vs: ['[::]:6443'] }, '--vs "[::]:6443": must be the address of one host, not unspecified'],
    [
      { vs: ['127.0.0.1:6443'] },
      '--vs "127.0.0.1:6443": must not be a loopback address, except with --mode none',
    ],
    [{ vs: ['[::1]:6443'] }, '--vs "[::1]:6443": must not be a loopback address, except with --mode none'],
    [{ vs: ['224.0.0.1:6443'] }, '--vs "224.0.0.1:6443": must be the address of one host, not multicast'],
    [
      { vs: ['255.255.255.255:6443'] },
      '--vs "255.255.255.255:6443": must be the address of one host, not broadcast',
    ],
    [{ rs: [''] }, '--rs "": the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443'],
    [{ rs: ['192.0.2.1:1,'] }, '--rs "": the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443'],
    [{ rs: ['[ff02::1]:6443'] }, '--rs "[ff02::1]:6443": must be the address of one host, not multicast'],
    [{ rs: [VS] }, `--rs "${VS}": is the virtual server itself: it would forward to itself`],
    [
      { rs: ['192.0.2.1:1', '192.0.2.1:1'] },
      '--rs "192.0.2.1:1": is given twice: each real server counts once',
    ],
    [
      { rs: ['192.0.2.1:1,192.0.2.1:01'] },
      '--rs "192.0.2.1:01": is given twice: each real server counts once',
    ],
    [{ rs: ['[fd00::1]:1'] }, '--rs "[fd00::1]:1": is IPv6, but --vs is IPv4: masquerading needs one family'],
    [
      { vs: ['[fd00::2]:1'], rs: ['192.0.2.1:1'] },
      '--rs "192.0.2.1:1": is IPv4, but --vs is IPv6: masquerading needs one family',
    ],
    [
      { vs: ['[fd00::2]:1'], rs: ['[fd00::1]:1', '[FD00:0:0::0001]:1'] },
      '--rs "[FD00:0:0::0001]:1": is given twice: each real server counts once',
    ],
    [
      { vs: ['[fd00::2]:1'], rs: ['[FD00:0:0::0001]:1', '[fd00::1]:1'] },
      '--rs "[fd00::1]:1": is given twice: each real server counts once',
    ],
    [{ scheduler: ['robin'] }, `--scheduler "robin": must be one of ${SCHEDULERS.join(', ')}`],
    [{ scheduler: ['RR'] }, `--scheduler "RR": must be one of ${SCHEDULERS.join(', ')}`],
    [{ mode: ['bridge'] }, '--mode "bridge": must be one of local, route, link, none'],
    [
      { iface: ['a-name-of-sixteen'] },
      '--iface "a-name-of-sixteen": must be a link name of at most 15 letters, digits, dots, dashes or underscores',
    ],
    [
      { iface: ['..'] },
      '--iface "..": must be a link name of at most 15 letters, digits, dots, dashes or underscores',
    ],
    [{ masqueradebit: ['32'] }, '--masqueradebit "32": must be a number from 0 to 31'],
    [{ rise: ['0'] }, '--rise "0": must be a number from 1 to 1000'],
    [{ fall: ['1.5'] }, '--fall "1.5": must be a number from 1 to 1000'],
    [{ 'all-down': ['drop'] }, '--all-down "drop": must be one of keep, remove'],
    [{ logger: ['WARN'] }, '--logger "WARN": must be one of INFO, DEBG'],
    [{ logger: ['x'], 'log-level': ['info'] }, '--logger "x": must be one of INFO, DEBG'],
    [{ 'log-format': ['xml'] }, '--log-format "xml": must be one of auto, json, pretty'],
    [
      { 'health-status': ['401,abc'] },
      '--health-status "abc": must be HTTP statuses from 100 to 599, separated by commas',
    ],
    [
      { 'health-req-method': ['GET /'] },
      '--health-req-method "GET /": must be an HTTP method such as GET or HEAD',
    ],
    [
      { 'health-req-method': ['connect'] },
      '--health-req-method "connect": must not be CONNECT, which asks for a tunnel',
    ],
    [{ 'health-key': ['/k'] }, '--health-key "/k": needs --health-cert with its certificate'],
    [
      { 'health-ca': ['/ca'], 'health-insecure-skip-verify': [true] },
      '--health-insecure-skip-verify "true": cannot be combined with --health-ca, which asks for verification',
    ],
    [
      { 'health-scheme': ['http'], 'health-ca': ['/ca'] },
      '--health-ca "/ca": is of no use with --health-scheme http',
    ],
    [
      { 'health-server-name': ['a b'] },
      '--health-server-name "a b": must be a host name or an address, as it stands in the certificate',
    ],
    [{ interval: ['-1'] }, '--interval "-1": must be at least 1ms'],
    [{ interval: ['soon'] }, '--interval "soon": must be seconds or a duration such as 500ms, 5s or 1m30s'],
    [{ 'health-timeout': ['0'] }, '--health-timeout "0": must be at least 1ms'],
    [{ 'health-scheme': ['ftp'] }, '--health-scheme "ftp": must be one of https, http'],
    [
      { 'health-path': ['/a b'] },
      '--health-path "/a b": must be a path of printable characters without spaces',
    ],
    [
      { 'health-path': ['/a\r\nHost: x'] },
      '--health-path "/a\\r\\nHost: x": must be a path of printable characters without spaces',
    ],
    [{ 'log-level': ['loud'] }, '--log-level "loud": must be one of trace, debug, info, warn, error, fatal'],
    [{ 'metrics-tls-cert': ['/tls.crt'] }, '--metrics-tls-cert "/tls.crt": needs --metrics-tls-key'],
    [{ 'metrics-tls-key': ['/tls.key'] }, '--metrics-tls-key "/tls.key": needs --metrics-tls-cert'],
    [{ 'metrics-client-ca': ['/ca.crt'] }, '--metrics-client-ca "/ca.crt": needs --metrics-tls-cert'],
    [
      { 'metrics-tls-cert': ['/tls'], 'metrics-tls-key': ['/tls'], 'metrics-address': ['off'] },
      '--metrics-tls-cert "/tls": is of no use with --metrics-address off',
    ],
    [
      { 'metrics-address': ['9697'] },
      '--metrics-address "9697": the port is missing: write ADDRESS:PORT, such as 10.103.97.2:6443',
    ],
    [{ ip: ['fd00::1'] }, '--ip "fd00::1": must be of the same address family as --vs'],
    [{ ip: ['10.103.97.2'] }, '--ip "10.103.97.2": must be an address of this node, not the virtual one'],
    [{ ip: ['0.0.0.0'] }, '--ip "0.0.0.0": must be the address of one host, not unspecified'],
    [
      { ip: ['node-1'] },
      '--ip "node-1": "node-1" is not an IP address: host names are not resolved, because DNS may need this very path',
    ],
    [{ clean: [true], 'run-once': [true] }, '--clean "true": cannot be combined with --run-once'],
    [
      { vs: ['a\nb:1'] },
      '--vs "a\\nb:1": "a b" is not an IP address: host names are not resolved, because DNS may need this very path',
    ],
  ])('refuses %j', (given, message) => {
    const attempt = (): CareConfig => config(given)
    expect(attempt).toThrow(UsageError)
    expect(attempt).toThrow(new UsageError(message))
    expect(message).not.toContain('\n')
  })

  it.each([
    [{ rise: ['0'] }, { flag: 'rise', value: '0', rule: 'must be a number from 1 to 1000' }],
    [{ rise: [''] }, { flag: 'rise', value: '', rule: 'needs a value' }],
    [{ masquerade: ['maybe'] }, { flag: 'masquerade', value: 'maybe', rule: 'must be true or false' }],
    [{ rs: [] }, { flag: 'rs', rule: 'give at least one real server as IP:PORT' }],
    [{ vs: [] }, { flag: 'vs', rule: 'give the virtual server as IP:PORT' }],
    [
      { 'health-req-headers': ['a=b,Authorization=Bearer s3cret\n'] },
      {
        flag: 'health-req-headers',
        value: 'Authorization=...',
        rule: 'must be NAME=VALUE of printable characters',
      },
    ],
  ])('says which flag of %j is wrong, and why', (given, details) => {
    expect(detailsOf(given)).toEqual(details)
  })
})

function detailsOf(given: Record<string, string[]>): unknown {
  try {
    return config(given)
  } catch (error) {
    return error instanceof UsageError ? error.details : error
  }
}
