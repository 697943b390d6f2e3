import { FlagValues, parseArguments } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { ALL_CONFIG_FLAGS, CONFIG_FLAGS } from '../../src/cli/config-flags.ts'
import { configOf } from '../../src/cli/config-input.ts'
import type { InstallerConfig } from '../../src/config/config.ts'
import { GUARD_FLAGS } from '../../src/config/guard-flags.ts'
import { parseConfig, rawConfig } from '../../src/config/parse.ts'
import { RAW_KEYS } from '../../src/config/raw.ts'
import { fakeCliHost } from './fake-cli-host.ts'

async function read(argv: string, files: Readonly<Record<string, string>> = {}): Promise<InstallerConfig> {
  const { given } = parseArguments(argv.split(' ').filter(Boolean), ALL_CONFIG_FLAGS, 'plan')
  return await configOf(new FlagValues(given, ALL_CONFIG_FLAGS), fakeCliHost({ files }))
}

describe('configOf', () => {
  it('takes the defaults of parseConfig where nothing is said', async () => {
    expect(await read('')).toEqual(parseConfig({}))
  })

  it('reads every flag to where parseConfig looks for it', async () => {
    const argv = [
      '--vip 10.0.0.9 --port 8443 --master 192.0.2.1 --master 192.0.2.2:7443,192.0.2.3 --role control-plane',
      '--node-ip 192.0.2.9 --endpoint-name api.example --pod-name guard --image example/guard:1',
      '--image-archive /g.tar --profile sealos --kubernetes-version 1.31.4 --pod-subnet 10.244.0.0/16',
      '--service-subnet 10.96.0.0/22 --san a.example --san b.example --guard-control-plane --boot-unit',
      '--interval 2 --health-status 401,429 --masquerade --reset-connections=all-namespaces',
    ].join(' ')
    expect(rawConfig(await read(argv))).toEqual(
      rawConfig(
        parseConfig({
          vip: '10.0.0.9',
          port: 8443,
          servers: ['192.0.2.1', '192.0.2.2:7443', '192.0.2.3'],
          role: 'control-plane',
          nodeAddress: '192.0.2.9',
          endpointName: 'api.example',
          podName: 'guard',
          image: 'example/guard:1',
          imageArchive: '/g.tar',
          profile: 'sealos',
          kubernetesVersion: 'v1.31.4',
          podSubnet: '10.244.0.0/16',
          serviceSubnet: '10.96.0.0/22',
          sans: ['a.example', 'b.example'],
          guardControlPlane: true,
          bootUnit: true,
          guard: {
            interval: 2,
            'health-status': [401, 429],
            masquerade: true,
            'reset-connections': 'all-namespaces',
          },
        }),
      ),
    )
  })

  it('has a flag for every setting', () => {
    expect([...CONFIG_FLAGS.map(({ key }) => key), 'guard'].sort()).toEqual([...RAW_KEYS].sort())
  })

  it('has the flags of the guard but those that follow from the rest', () => {
    const names = GUARD_FLAGS.map(({ name }) => name)
    expect(names).toContain('health-path')
    for (const name of ['vs', 'rs', 'ip', 'run-once', 'clean']) expect(names).not.toContain(name)
  })

  it('splits the command at its blanks', async () => {
    const { given } = parseArguments(['--command', 'node  /opt/lvscare.cjs'], ALL_CONFIG_FLAGS, 'plan')
    const config = await configOf(new FlagValues(given, ALL_CONFIG_FLAGS), fakeCliHost())
    expect(config.command).toEqual(['node', '/opt/lvscare.cjs'])
  })

  it.each([
    ['YAML', 'vip: 10.0.0.9\nservers: [192.0.2.1]\nguard:\n  interval: 3\n  rise: 2\n'],
    ['JSON', '{"vip":"10.0.0.9","servers":["192.0.2.1"],"guard":{"interval":3,"rise":2}}'],
  ])('reads a file of %s, and lets flags win over it one by one', async (_kind, text) => {
    const config = await read('--config f --master 192.0.2.7 --rise 4', { f: text })
    expect(config.virtual.text).toBe('10.0.0.9:6443')
    expect(config.servers.map((server) => server.text)).toEqual(['192.0.2.7:6443'])
    expect([...config.guard.flags]).toEqual([
      ['interval', ['3']],
      ['rise', ['4']],
    ])
  })

  it('takes a file that a record or another program wrote back as it is', async () => {
    const config = parseConfig({ servers: ['192.0.2.1'], sans: ['x.example'], guard: { rise: 2 } })
    expect(await read('--config f', { f: JSON.stringify(rawConfig(config)) })).toEqual(config)
  })

  it.each([
    ['--config f', { f: '- 1' }, '--config "f": must be an object'],
    ['--config f', { f: 'a: [' }, /^--config "f": cannot be parsed: .* at line 1, column \d+$/],
    ['--config f', {}, '--config "f": cannot be read: ENOENT'],
    ['--ca f', {}, '--ca "f": cannot be read: ENOENT'],
  ])('refuses %s of %j', async (argv, files, message) => {
    await expect(read(argv, files)).rejects.toMatchObject({ code: 'ERR_INSTALLER_USAGE' })
    await expect(read(argv, files)).rejects.toThrow(message)
  })

  it('names every problem by the flag it came from, and those of the file by their place', async () => {
    const argv = '--config f --master 192.0.2.1 --port x --rise 0 --profile odd'
    await expect(read(argv, { f: 'role: queen\nguard: {fall: 0}' })).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ path: '--port', value: 'x' }),
        expect.objectContaining({ path: '--rise' }),
        expect.objectContaining({ path: '--profile', value: 'odd' }),
        expect.objectContaining({ path: 'role', value: 'queen' }),
        expect.objectContaining({ path: 'guard.fall' }),
      ]),
    })
  })
})
