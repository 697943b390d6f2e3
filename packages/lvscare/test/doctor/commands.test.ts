import { describe, expect, it } from 'vitest'
import { careCommand, ipFor, shellWord } from '../../src/doctor/commands.ts'
import { configOf, NODE } from './healthy.ts'

describe('careCommand()', () => {
  it('repeats the flags that describe the rule, where they are not the defaults', () => {
    const base = 'lvscare care --vs 10.103.97.2:6443 --rs 192.0.2.11:6443 --rs 192.0.2.12:6443'
    expect(careCommand(configOf())).toBe(`${base}`)
    expect(careCommand(configOf({ scheduler: 'wlc', mode: 'route', ip: NODE, masquerade: true }))).toBe(
      `${base} --scheduler wlc --mode route --ip ${NODE} --masquerade`,
    )
    expect(careCommand(configOf({ mode: 'link', iface: 'vip0' }))).toBe(`${base} --mode link --iface vip0`)
  })
})

describe('shellWord()', () => {
  it.each([
    ['eth0', 'eth0'],
    ['net.ipv4.conf.eth0/5.arp_ignore', 'net.ipv4.conf.eth0/5.arp_ignore'],
    ['a b', "'a b'"],
    ["$(x)'y", "'$(x)'\\''y'"],
    ['', "''"],
    ['--vs=10.103.97.2:6443', '--vs=10.103.97.2:6443'],
    ['=ls', "'=ls'"],
    ['%1', "'%1'"],
  ])('%s becomes %s', (text, word) => expect(shellWord(text)).toBe(word))
})

describe('ipFor()', () => {
  it('names the family where it has to', () => {
    expect(ipFor({ family: 'inet', address: '', port: 1, text: '' })).toBe('ip')
    expect(ipFor({ family: 'inet6', address: '', port: 1, text: '' })).toBe('ip -6')
  })
})
