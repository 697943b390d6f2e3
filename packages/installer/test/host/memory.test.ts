import { memoryHost } from '@lvscare/installer/testing'
import { parseEndpoint } from 'lvscare'
import { describe, expect, it } from 'vitest'

const VIP = parseEndpoint('10.103.97.2:6443')
const FLAGS = ['--vs', VIP.text, '--rs', '192.0.2.1:6443', '--rs', '192.0.2.2:6443']

describe('files in memory', () => {
  it('keep content and mode, and tell what is there', async () => {
    const host = memoryHost()
    await host.makeDirectory('/etc/kubernetes', 0o700)
    await host.writeFileAtomic('/etc/kubernetes/x', 'text', 0o600)
    expect(await host.readFile('/etc/kubernetes/x')).toEqual(Buffer.from('text'))
    expect(await host.stat('/etc/kubernetes/x')).toEqual({ kind: 'file', mode: 0o600 })
    expect(await host.stat('/etc/kubernetes')).toEqual({ kind: 'directory', mode: 0o700 })
    expect(await host.list('/etc/kubernetes')).toEqual(['x'])
    expect(await host.readFile('/nothing')).toBeUndefined()
    expect(await host.stat('/nothing')).toBeUndefined()
    expect(await host.list('/nothing')).toBeUndefined()
    await host.remove('/nothing')
  })

  it('refuse what a real file system refuses', async () => {
    const host = memoryHost()
    await expect(host.writeFileAtomic('/no/folder', '', 0o644)).rejects.toThrow(
      'memory: cannot write /no/folder: there is no directory /no',
    )
    await expect(host.writeFileAtomic('/etc/hosts/x', '', 0o644)).rejects.toThrow('is not a directory')
    await expect(host.writeFileAtomic('/etc', '', 0o644)).rejects.toThrow('is a directory')
    await expect(host.remove('/etc')).rejects.toThrow('the directory is not empty')
    await expect(host.makeDirectory('/etc/hosts', 0o755)).rejects.toThrow('is a file')
    await expect(host.list('/etc/hosts')).rejects.toThrow('is not a directory')
  })
})

describe('rules in memory', () => {
  it('are sets: who is not named goes, who stays keeps the weight', async () => {
    const host = memoryHost()
    expect(await host.rule.observe(VIP)).toBeUndefined()
    await host.rule.set(FLAGS)
    host.kernel.rules.set(VIP.text, { scheduler: 'rr', members: new Map([['192.0.2.1:6443', 0]]) })
    await host.rule.set(FLAGS)
    const report = await host.rule.observe(VIP)
    expect(report?.source).toBe('kernel')
    expect(report?.servers.map(({ server, weight }) => [server, weight])).toEqual([
      ['192.0.2.1:6443', 0],
      ['192.0.2.2:6443', 1],
    ])
    await host.rule.set(FLAGS.slice(0, 4))
    expect(host.snapshot().rules).toEqual({ [VIP.text]: { '192.0.2.1:6443': 0 } })
    await host.rule.clean(['--vs', VIP.text])
    expect(await host.rule.observe(VIP)).toBeUndefined()
  })

  it('have guards that tell their servers and the strangers', async () => {
    const host = memoryHost()
    host.kernel.startGuard({ flags: FLAGS, states: { '192.0.2.2:6443': 'down' } })
    const members = new Map([['192.0.2.1:6443', 1] as const, ['192.0.2.9:6443', 1] as const])
    host.kernel.rules.set(VIP.text, { scheduler: 'rr', members })
    const report = await host.rule.observe(VIP)
    expect(report?.guard?.flags).toEqual({ vs: [VIP.text], rs: ['192.0.2.1:6443', '192.0.2.2:6443'] })
    expect(
      report?.servers.map(({ server, state, configured, weight }) => [server, state, configured, weight]),
    ).toEqual([
      ['192.0.2.1:6443', 'up', true, 1],
      ['192.0.2.2:6443', 'down', true, null],
      ['192.0.2.9:6443', null, false, 1],
    ])
    await host.rule.clean(['--vs', VIP.text])
    expect(Object.keys(host.snapshot().rules)).toEqual([VIP.text])
    host.kernel.stopGuard(VIP.text)
    await host.rule.clean(['--vs', VIP.text])
    expect(await host.rule.observe(VIP)).toBeUndefined()
  })

  it('reject flags that the guard would refuse', async () => {
    await expect(memoryHost().rule.set(['--vs', VIP.text])).rejects.toThrow('--rs is missing')
  })
})

describe('programs and connections in memory', () => {
  it('are what the handlers play, the last first', async () => {
    const host = memoryHost()
    host.onExec(() => ({ stdout: 'first' }))
    host.onExec(([name]) => (name === 'false' ? { code: 1 } : undefined))
    expect(await host.exec(['false'])).toEqual({ code: 1, stdout: '', stderr: '' })
    expect(await host.exec(['other'])).toEqual({ code: 0, stdout: 'first', stderr: '' })
    await expect(memoryHost().exec(['true'])).rejects.toThrow('there is no such program')
    await expect(memoryHost().connect('192.0.2.1', 6443, { timeoutMs: 1 })).rejects.toThrow('ECONNREFUSED')
  })
})

describe('faults', () => {
  it('come once, before or after the effect', async () => {
    const host = memoryHost()
    host.failAt({ at: 2, when: 'before', among: 'changes' })
    host.failAt({ at: 3, when: 'after', among: 'changes' })
    await host.makeDirectory('/a', 0o755)
    await host.stat('/a')
    await expect(host.makeDirectory('/b', 0o755)).rejects.toThrow('failed on purpose (before)')
    await expect(host.makeDirectory('/c', 0o755)).rejects.toThrow('failed on purpose (after)')
    await host.makeDirectory('/d', 0o755)
    expect(await host.list('/')).toEqual(['a', 'c', 'd', 'etc', 'var'])
    expect(host.changes.map(({ what }) => what)).toEqual(['/a', '/b', '/c', '/d'])
  })

  it('of the whole program last until it is started again', async () => {
    const host = memoryHost()
    host.crashAt({ at: 1, when: 'after' })
    await expect(host.makeDirectory('/a', 0o755)).rejects.toThrow('crashed')
    await expect(host.remove('/a')).rejects.toThrow('crashed')
    host.revive()
    expect(await host.stat('/a')).toEqual({ kind: 'directory', mode: 0o755 })
  })
})
