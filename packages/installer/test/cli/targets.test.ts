import { FlagValues, parseArguments } from 'lvscare'
import { describe, expect, it } from 'vitest'
import { HOST_FLAGS } from '../../src/cli/command-flags.ts'
import { COMMAND_FLAG } from '../../src/cli/config-flags.ts'
import type { HostTarget } from '../../src/cli/host.ts'
import { targetName, targetsOf } from '../../src/cli/targets.ts'
import { fakeCliHost, type World } from './fake-cli-host.ts'

const FLAGS = [COMMAND_FLAG, ...HOST_FLAGS]

async function read(argv: string, world: World = {}): Promise<readonly HostTarget[]> {
  const { given } = parseArguments(argv.split(' ').filter(Boolean), FLAGS, 'status')
  return await targetsOf(new FlagValues(given, FLAGS), fakeCliHost(world))
}

describe('targetsOf', () => {
  it('is this node unless somebody names another', async () => {
    expect(await read('')).toEqual([{ kind: 'local', root: undefined }])
    expect(await read('--root /mnt')).toEqual([{ kind: 'local', root: '/mnt' }])
  })

  it.each([
    ['192.0.2.1', { user: 'root', address: '192.0.2.1', port: 22 }, 'root@192.0.2.1'],
    [
      'adm@node-1.example:2222',
      { user: 'adm', address: 'node-1.example', port: 2222 },
      'adm@node-1.example:2222',
    ],
    ['root@[2001:db8::1]:2222', { address: '2001:db8::1', port: 2222 }, 'root@[2001:db8::1]:2222'],
    ['[2001:db8::1]', { address: '2001:db8::1', port: 22 }, 'root@2001:db8::1'],
    ['2001:db8::1', { address: '2001:db8::1', port: 22 }, 'root@2001:db8::1'],
  ])('reads --host %s', async (text, expected, name) => {
    const [target] = await read(`--host ${text}`)
    expect(target).toMatchObject(expected)
    expect(target && targetName(target)).toBe(name)
  })

  it('takes several, with commas or by repeating the flag', async () => {
    const targets = await read('--host a,b --host c')
    expect(targets.map((target) => target.kind === 'ssh' && target.address)).toEqual(['a', 'b', 'c'])
  })

  it('takes key, password and passphrase from where they do not show', async () => {
    const world = { files: { k: 'KEY' }, environment: { P: 'pass', Q: 'phrase' } }
    const [target] = await read(
      '--host a --identity k --password-env P --passphrase-env Q --known-hosts /kh --command lv',
      world,
    )
    expect(target).toMatchObject({
      privateKey: 'KEY',
      password: 'pass',
      passphrase: 'phrase',
      knownHosts: '/kh',
      command: ['lv'],
    })
  })

  it.each([
    ['--host a@b@c', '--host "a@b@c": must be USER@ADDRESS:PORT'],
    ['--host a:0', '--host "a:0": the port must be a number from 1 to 65535'],
    ['--host a --host a', '--host "a": is given twice'],
    ['--host a --root /x', '--root: is for this node only'],
    ['--identity k', '--identity: is for SSH, and needs --host'],
    ['--host a --password-env NONE', '--password-env "NONE": there is no such variable, or it is empty'],
    ['--host a --identity k', '--identity "k": cannot be read: ENOENT'],
  ])('refuses %s', async (argv, message) => {
    await expect(read(argv)).rejects.toThrow(message)
    await expect(read(argv)).rejects.toMatchObject({ code: expect.stringMatching(/_USAGE$/) })
  })
})
