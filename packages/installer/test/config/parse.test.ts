import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { CARE_FLAGS } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { DEFAULTS, parseConfig, rawConfig } from '../../src/config/parse.ts'
import { ConfigError, type Problem } from '../../src/errors.ts'
import { rawConfigs } from './configs.ts'

function problemsOf(input: unknown): readonly Problem[] {
  try {
    parseConfig(input)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

function linesOf(input: unknown): string[] {
  return problemsOf(input).map(({ path, value, rule }) => `${path} ${JSON.stringify(value)}: ${rule}`)
}

/** What YAML makes of `&a [*a]`. */
function circular(): unknown[] {
  const list: unknown[] = []
  list.push(list)
  return list
}

describe('parseConfig', () => {
  it('takes everything but the servers for granted', () => {
    expect(parseConfig({ servers: ['192.0.2.1'] })).toMatchObject({
      virtual: { text: '10.103.97.2:6443' },
      servers: [{ text: '192.0.2.1:6443' }],
      role: 'worker',
      nodeAddress: undefined,
      endpointName: 'apiserver.cluster.local',
      podName: 'kube-sealyun-lvscare',
      image: DEFAULTS.images.hardened,
      profile: 'hardened',
      podSubnets: undefined,
      serviceSubnets: undefined,
      extraSans: [],
      guardControlPlane: false,
      bootUnit: false,
      command: ['lvscare'],
      guard: { care: { intervalMs: 5000, virtual: { text: '10.103.97.2:6443' } } },
    })
  })

  it('has no guard without servers', () => {
    expect(parseConfig({})).toMatchObject({ servers: [], guard: { care: undefined } })
  })

  it.each([
    ['192.0.2.1', '192.0.2.1:7443'],
    ['192.0.2.1:6443', '192.0.2.1:6443'],
  ])('reads the server %s', (text, server) => {
    expect(parseConfig({ port: 7443, servers: [text] }).servers.map((one) => one.text)).toEqual([server])
  })

  it.each([
    ['fd00::2', '[fd00::2]:6443'],
    ['[FD00:0::2]', '[fd00::2]:6443'],
    ['[fd00::2]:7443', '[fd00::2]:7443'],
  ])('reads the IPv6 server %s', (text, server) => {
    expect(parseConfig({ vip: 'fd00::1', servers: [text] }).servers.map((one) => one.text)).toEqual([server])
  })

  it('gives the guard the flags that are set, in the order of its help', () => {
    const { guard } = parseConfig({
      servers: ['192.0.2.1'],
      nodeAddress: '192.0.2.9',
      guard: {
        interval: 2,
        'health-status': [401, 403],
        'health-schem': 'http',
        sentinel: 'F',
        i: 'x0',
        'ready-path': '',
      },
    })
    expect([...guard.flags]).toEqual([
      ['iface', ['x0']],
      ['health-scheme', ['http']],
      ['health-status', ['401', '403']],
      ['interval', ['2']],
      ['sentinel', ['false']],
    ])
    expect(guard.care).toMatchObject({
      intervalMs: 2000,
      nodeAddress: '192.0.2.9',
      failover: { sentinel: false },
    })
  })

  it('writes out path and scheme in the profile of sealos, and takes its image', () => {
    const { guard, image } = parseConfig({
      profile: 'sealos',
      servers: ['192.0.2.1'],
      guard: { mode: 'route' },
    })
    expect([...guard.flags]).toEqual([
      ['mode', ['route']],
      ['health-path', ['/healthz']],
      ['health-scheme', ['https']],
    ])
    expect(image).toBe('ghcr.io/labring/lvscare:v1.1.3-beta.7')
  })

  it('does not listen to the environment of the installer', () => {
    process.env['CARE_INTERVAL'] = '77'
    try {
      expect(parseConfig({ servers: ['192.0.2.1'] }).guard.care?.intervalMs).toBe(5000)
    } finally {
      delete process.env['CARE_INTERVAL']
    }
  })

  it('keeps ranges in their shortest form, and each SAN once', () => {
    const config = parseConfig({
      podSubnet: '100.64.0.0/10, FD00:0::/48',
      serviceSubnet: '10.96.0.0/22',
      sans: ['example.org', 'FD00::09', 'example.org', '*.example.org'],
    })
    expect(config.podSubnets).toEqual(['100.64.0.0/10', 'fd00::/48'])
    expect(config.serviceSubnets).toEqual(['10.96.0.0/22'])
    expect(config.extraSans).toEqual(['example.org', 'fd00::9', '*.example.org'])
  })

  it.each([[undefined], [null], [7], ['text'], [[]]])('refuses %j', (input) => {
    expect(problemsOf(input)).toEqual([
      { path: 'configuration', value: input, rule: 'must be an object with settings' },
    ])
  })
})

describe('what is wrong with a configuration', () => {
  it.each<[string, object, string]>([
    ['a misspelt key', { podname: 'x' }, 'podname undefined: is not a setting, did you mean "podName"?'],
    ['a strange key', { colour: 'red' }, 'colour undefined: is not a setting'],
    [
      'a key of all objects',
      JSON.parse('{"__proto__":{"vip":"1.1.1.1"}}'),
      '__proto__ undefined: is not a setting',
    ],
    ['an empty key', { vip: null }, 'vip null: needs a value: leave the key out for its default'],
    ['an empty text', { endpointName: '' }, 'endpointName "": needs a value'],
    [
      'a template without a value',
      { vip: '$defaultVIP' },
      'vip "$defaultVIP": "$defaultVIP" is not an IP address: host names are not resolved, because DNS may need this very path',
    ],
    [
      'a VIP with a port',
      { vip: '10.0.0.1:6443' },
      'vip "10.0.0.1:6443": must be an address alone, such as 10.103.97.2',
    ],
    [
      'a loopback VIP',
      { vip: '127.0.0.1' },
      'vip "127.0.0.1": must not be a loopback address, except with --mode none',
    ],
    ['port 0', { port: 0 }, 'port 0: the port must be a number from 1 to 65535, not "0"'],
    ['half a port', { port: 1.5 }, 'port 1.5: the port must be a number from 1 to 65535, not "1.5"'],
    [
      'a server without a port',
      { servers: ['192.0.2.1:'] },
      'servers[0] "192.0.2.1:": the port must be a number from 1 to 65535, not ""',
    ],
    [
      'a server with port 0',
      { servers: ['192.0.2.1:0'] },
      'servers[0] "192.0.2.1:0": the port must be a number from 1 to 65535, not "0"',
    ],
    [
      'a server twice',
      { servers: ['192.0.2.1', '192.0.2.2', '192.0.2.1:6443'] },
      'servers[2] "192.0.2.1:6443": is given twice: each real server counts once',
    ],
    [
      'the VIP among the servers',
      { servers: ['10.103.97.2'] },
      'servers[0] "10.103.97.2": is the virtual server itself: it would forward to itself',
    ],
    [
      'a server of the other family',
      { servers: ['fd00::1'] },
      'servers[0] "fd00::1": is IPv6, but vip is IPv4: masquerading needs one family',
    ],
    ['an empty server', { servers: [''] }, 'servers[0] "": needs a value'],
    [
      'a list of servers in one text',
      { servers: ['192.0.2.1,192.0.2.2'] },
      'servers[0] "192.0.2.1,192.0.2.2": must be one server, IP or IP:PORT',
    ],
    ['servers that are no list', { servers: '192.0.2.1' }, 'servers "192.0.2.1": must be a list'],
    [
      'a node address that is the VIP',
      { nodeAddress: '10.103.97.2' },
      'nodeAddress "10.103.97.2": must be an address of this node, not the virtual one',
    ],
    [
      'a node address of the other family',
      { nodeAddress: 'fd00::1' },
      'nodeAddress "fd00::1": must be of the same address family as vip',
    ],
    [
      'a version that YAML has read',
      { kubernetesVersion: 1.3 },
      'kubernetesVersion 1.3: must be text: write it in quotes, with a v in front',
    ],
    [
      'a version of something else',
      { kubernetesVersion: 'v2.0' },
      'kubernetesVersion "v2.0": must be a release of Kubernetes, such as v1.31.4',
    ],
    [
      'a range with an address of a host',
      { podSubnet: '10.96.0.1/12' },
      'podSubnet "10.96.0.1/12": must begin with the address of its network: 10.96.0.0/12',
    ],
    [
      'no range',
      { serviceSubnet: '10.96.0.0' },
      'serviceSubnet "10.96.0.0": must be a range such as 10.96.0.0/22',
    ],
    [
      'a range that is too long',
      { serviceSubnet: '10.96.0.0/33' },
      'serviceSubnet "10.96.0.0/33": must be a range such as 10.96.0.0/22',
    ],
    [
      'two ranges of one family',
      { podSubnet: '10.0.0.0/8,11.0.0.0/8' },
      'podSubnet "10.0.0.0/8,11.0.0.0/8": must be one range, or one of each address family with a comma between them',
    ],
    [
      'a name that is an address',
      { endpointName: '192.0.2.1' },
      'endpointName "192.0.2.1": must be a name, not an address',
    ],
    [
      'a name for a line of its own',
      { endpointName: 'a b' },
      'endpointName "a b": must be a host name of lower-case letters, digits, dashes and dots',
    ],
    [
      'the name of a pod with dots',
      { podName: '../x' },
      'podName "../x": must be at most 63 lower-case letters, digits or dashes, with no dash at its ends',
    ],
    [
      'an image with a space',
      { image: 'a b' },
      'image "a b": must be an image, such as ghcr.io/labring/lvscare:v1.1.3',
    ],
    [
      'a relative archive',
      { imageArchive: 'x.tar' },
      'imageArchive "x.tar": must be an absolute path without ".."',
    ],
    [
      'a SAN with a line break',
      { sans: ['a\nb'] },
      'sans[0] "a\\nb": must be a host name of lower-case letters, digits, dashes and dots',
    ],
    ['a word for a switch', { bootUnit: 'yes' }, 'bootUnit "yes": must be true or false'],
    [
      'an unknown role',
      { role: 'master' },
      'role "master": must be one of worker, first-control-plane, control-plane',
    ],
    ['an empty word', { command: ['lvscare', ''] }, 'command[1] "": needs a value'],
    [
      'no certificates',
      { ca: 'x'.repeat(50) },
      `ca "${'x'.repeat(30)}...": must be certificates as PEM text, such as the content of /etc/kubernetes/pki/ca.crt`,
    ],
    ['flags that are none', { guard: ['x'] }, 'guard ["x"]: must be flags by their names'],
    [
      'a flag that does not exist',
      { guard: { intervall: 5 } },
      'guard.intervall undefined: is not a flag of "lvscare care", did you mean "interval"?',
    ],
    [
      'a flag that is elsewhere',
      { guard: { vs: 'x' } },
      'guard.vs "x": is not set here: it is `vip` and `port`',
    ],
    ['a flag that ends the guard', { guard: { C: true } }, 'guard.C true: is not set here: a guard stays'],
    ['a flag twice', { guard: { iface: 'a', i: 'b' } }, 'guard.i "b": is --iface, which is given twice'],
    ['a list for one value', { guard: { rise: [1] } }, 'guard.rise [1]: takes one value, not a list'],
    [
      'an object for a value',
      { guard: { rise: {} } },
      'guard.rise {}: must be text, a number, true or false',
    ],
    ['an empty flag with a default', { guard: { rise: '' } }, 'guard.rise "": needs a value'],
    [
      'one of many values',
      { guard: { 'health-status': [401, 'x', 77] } },
      'guard.health-status[1] "x": must be HTTP statuses from 100 to 599, separated by commas',
    ],
    [
      'a file that cannot be mounted',
      { guard: { 'health-ca': 'ca.crt' } },
      'guard.health-ca "ca.crt": must be an absolute path without ".."',
    ],
    [
      'a file with a colon',
      { guard: { 'health-ca': '/a:b' } },
      'guard.health-ca "/a:b": must have no colon, for it is mounted into the pod',
    ],
    [
      'flags that do not go together',
      { guard: { 'slow-start': '5s' } },
      'guard.slow-start "5s": needs --scheduler wrr, wlc, sed, nq, lblc, lblcr, twos: rr does not go by weights',
    ],
  ])('names %s', (_, input, line) => {
    expect(linesOf(input)[0]).toBe(line)
  })

  it('is told in one go', () => {
    const paths = problemsOf({
      vip: '224.0.0.1',
      servers: ['x', 1, '192.0.2.1', '192.0.2.1', 'fd00::1'],
      podName: 'A',
      guard: { interval: 'soon', rise: 0, 'health-status': [401, 'x', 'y'], colour: 1 },
      kind: 'x',
    }).map(({ path }) => path)
    expect(paths.toSorted()).toEqual([
      'guard.colour',
      'guard.health-status[1]',
      'guard.health-status[2]',
      'guard.interval',
      'guard.rise',
      'kind',
      'podName',
      'servers[0]',
      'servers[1]',
      'servers[3]',
      'vip',
    ])
  })

  it('is not what only follows from another mistake', () => {
    // A rule that names --scheduler, and one that names --vs.
    expect(linesOf({ guard: { scheduler: 'wr', 'slow-start': '5s' } })).toHaveLength(1)
    expect(linesOf({ vip: 'x', servers: ['fd00::1', '192.0.2.1'], nodeAddress: 'fd00::2' })).toHaveLength(1)
  })

  it('is found with servers of either family and with none', () => {
    expect(linesOf({ vip: 'fd00::1', guard: { fall: 0 } })).toEqual([
      'guard.fall "0": must be a number from 1 to 1000',
    ])
    expect(linesOf({ vip: 'ff02::1', servers: ['fd00::1'] })).toHaveLength(1)
    expect(linesOf({ vip: 'ff02::1' })).toHaveLength(1)
  })

  it.each([
    [{ guard: { 'health-req-headers': 'Bearer s3cret' } }],
    [{ guard: { 'health-req-headers': { Authorization: 's3cret' } } }],
    [{ guard: { 'health-req-body': ['s3cret'] } }],
    [{ guard: { 'health-req-header': 's3cret' } }],
    [{ 'health-req-headers': 's3cret' }],
    [{ guard: { 'health-req-headers': ['a=b', 'A=s3cret'] } }],
  ])('is told without the secret in %j', (input) => {
    expect(() => parseConfig(input)).toThrow(ConfigError)
    expect(JSON.stringify(problemsOf(input))).not.toContain('s3cret')
  })

  it.each([
    ['a BigInt', 1n, '"(bigint)"'],
    ['a function', () => 0, '"(function)"'],
    ['a part of itself', circular(), '"(object)"'],
    ['a long text', 'x'.repeat(300), `"${'x'.repeat(200)}..."`],
  ])('can be told of %s', (_, vip, shown) => {
    expect(() => parseConfig({ vip })).toThrow(ConfigError)
    expect(linesOf({ vip })[0]).toMatch(new RegExp(`^vip ${shown.replace(/[()]/g, '\\$&')}: `))
  })

  it.each(CARE_FLAGS.map(({ name }) => name))('is a ConfigError also where --%s stands alone', (name) => {
    for (const value of ['off', '1', '/etc/file', 'wrr', '5s', true, ['x', 'y']]) {
      const problems = problemsOf({ servers: ['192.0.2.1'], guard: { [name]: value } })
      for (const { path } of problems) expect(path).toMatch(/^guard\./)
    }
  })

  it('never is anything but a ConfigError', () => {
    const value = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true }),
      fc.constantFrom('10.0.0.1', 'fd00::1', 'x'),
      fc.array(fc.string()),
    )
    const keys = Object.keys(rawConfig(parseConfig({})))
    const anything = fc.dictionary(fc.constantFrom(...keys, 'ca', 'nodeAddress', 'podSubnet'), value)
    const flags = fc.dictionary(fc.constantFrom(...CARE_FLAGS.map(({ name }) => name)), value)
    fc.assert(
      fc.property(anything, flags, (config, guard) => {
        try {
          parseConfig({ ...config, guard })
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          expect((error as ConfigError).problems.length).toBeGreaterThan(0)
        }
      }),
    )
  })
})

describe('the authorities of a cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'installer-ca-'))
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ${folder}/key -out ${folder}/crt`
  execFileSync('openssl', words.split(' '), { stdio: 'ignore' })
  const certificate = readFileSync(`${folder}/crt`, 'utf8')
  const key = readFileSync(`${folder}/key`, 'utf8')
  rmSync(folder, { recursive: true })

  it('are kept as they are', () => {
    expect(parseConfig({ ca: `${certificate}${certificate}` }).ca).toBe(`${certificate}${certificate}`)
  })

  it('must have no key beside them, and none of it is shown', () => {
    const [problem] = problemsOf({ ca: `${certificate}${key}` })
    expect(problem?.rule).toBe('must have certificates only: it has a private key')
    expect(String(problem?.value).length).toBeLessThan(50)
  })

  it('must be whole', () => {
    expect(linesOf({ ca: certificate.replace(/\n.{20}/, '\n') })).toHaveLength(1)
  })
})

describe('rawConfig', () => {
  it('gives back what parseConfig makes the same configuration of', () => {
    fc.assert(
      fc.property(rawConfigs, (raw) => {
        const config = parseConfig(raw)
        const back = rawConfig(config)
        expect(parseConfig(back)).toEqual(config)
        expect(parseConfig(JSON.parse(JSON.stringify(back)))).toEqual(config)
      }),
    )
  })
})
