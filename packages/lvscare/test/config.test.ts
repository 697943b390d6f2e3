import { describe, expect, it } from 'vitest'
import { type CareConfig, careConfig, FlagValues, SCHEDULERS, UsageError } from '../src/index.ts'

const VS = '10.103.97.2:6443'
const BASE = { vs: [VS], rs: ['192.0.2.1:6443', '192.0.2.2:6443'] }

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
      nodeAddress: undefined,
      health: { scheme: 'https', path: '/healthz', timeoutMs: 10_000, insecure: true },
      intervalMs: 5000,
      runOnce: false,
      clean: false,
      logLevel: 'info',
      metricsAddress: { family: 'inet', address: '127.0.0.1', port: 9697, text: '127.0.0.1:9697' },
    })
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
    expect(taken.health).toEqual({ scheme: 'http', path: '/livez?verbose', timeoutMs: 300, insecure: false })
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
    [{ vs: [VS, VS] }, `--vs "${VS}" "${VS}": is given 2 times, but counts once`],
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
    [{ mode: ['link'] }, '--mode "link": must be one of local, none'],
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
})
