import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Authority } from '../../../../test/lab/authority.ts'
import { UsageError } from '../../src/index.ts'
import { loadTrust, type TrustConfig, type TrustEvent } from '../../src/probe/trust.ts'
import { type KeyPair, selfSigned } from './tls-server.ts'

let folder = ''
let ca = ''
let [one, other]: KeyPair[] = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvscare-trust-'))
  const authority = new Authority()
  ca = authority.cert
  one = authority.issue()
  other = selfSigned()
  authority.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text = ''): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function config(changes: Partial<TrustConfig> = {}): TrustConfig {
  const none = { caFile: undefined, certFile: undefined, keyFile: undefined, serverName: undefined }
  return { insecure: false, ...none, ...changes }
}

function pair(which: KeyPair | undefined): KeyPair {
  if (which === undefined) throw new Error('no key pair yet')
  return which
}

/** The sentence of the usage error. */
function refusal(changes: Partial<TrustConfig>): string {
  try {
    loadTrust(config(changes))
  } catch (error) {
    if (error instanceof UsageError) return error.message.replaceAll(folder, '')
    throw error
  }
  return 'accepted'
}

describe('loadTrust', () => {
  it('takes nothing at all, a CA, a pair of files, and one file with both', () => {
    const { cert, key } = pair(one)
    expect(refusal({})).toBe('accepted')
    expect(refusal({ insecure: true })).toBe('accepted')
    expect(refusal({ caFile: file('ca', `# two of them\n${ca}\n${pair(other).cert}`) })).toBe('accepted')
    expect(refusal({ certFile: file('cert', cert), keyFile: file('key', key) })).toBe('accepted')
    expect(refusal({ certFile: file('both', key + cert + ca) })).toBe('accepted')
  })

  it('names flag, file and rule', () => {
    const { cert, key } = pair(one)
    expect(refusal({ caFile: join(folder, 'nowhere') })).toBe(
      '--health-ca "/nowhere": cannot be read: ENOENT',
    )
    expect(refusal({ caFile: folder })).toBe('--health-ca "": is not a file of certificates')
    expect(refusal({ caFile: '/dev/zero' })).toBe('--health-ca "/dev/zero": is not a file of certificates')
    expect(refusal({ caFile: file('empty') })).toBe('--health-ca "/empty": holds no certificate in PEM')
    expect(refusal({ caFile: file('key', key) })).toBe('--health-ca "/key": holds no certificate in PEM')
    expect(refusal({ caFile: file('bad', ca.replace(/M/g, 'A')) })).toMatch(
      /^--health-ca "\/bad": holds a certificate that cannot be read: .+$/,
    )
    expect(refusal({ certFile: file('cert', cert) })).toBe(
      '--health-cert "/cert": holds no private key: give it with --health-key',
    )
    expect(refusal({ certFile: file('cert', cert), keyFile: file('ca', ca) })).toBe(
      '--health-key "/ca": holds no private key in PEM',
    )
    expect(refusal({ keyFile: file('key', key) })).toBe(
      '--health-key "/key": needs --health-cert with its certificate',
    )
    expect(refusal({ certFile: file('cert', cert), keyFile: file('other', pair(other).key) })).toBe(
      '--health-key "/other": does not belong to the certificate in --health-cert "/cert"',
    )
    expect(refusal({ certFile: file('mixed', cert + pair(other).key) })).toBe(
      '--health-cert "/mixed": holds a key that does not belong to its certificate',
    )
    expect(
      refusal({
        certFile: file('cert', cert),
        keyFile: file('badkey', key.replace(/\n[\s\S]+\n-/, '\nAAAA\n-')),
      }),
    ).toMatch(/^--health-key "\/badkey": holds a private key that cannot be read: .+$/)
  })

  it('has nobody to type a passphrase', () => {
    const { cert, key } = pair(one)
    const locked = join(folder, 'locked')
    execFileSync(
      'openssl',
      ['ec', '-aes256', '-passout', 'pass:x', '-in', file('key', key), '-out', locked],
      {
        stdio: 'ignore',
      },
    )
    expect(refusal({ certFile: file('cert', cert), keyFile: locked })).toBe(
      '--health-key "/locked": is locked with a passphrase, which nobody is there to type',
    )
  })
})

describe('loadTrust, when files change', () => {
  /** The trust in a client certificate that a test may replace, and what was reported. */
  function following(certFile: string) {
    const events: TrustEvent[] = []
    const trust = loadTrust(config({ certFile, serverName: 'x' }), (event) => void events.push(event))
    return { trust, events }
  }

  it('gives the same object until a file is written, and then another', () => {
    const both = file('both', pair(one).cert + pair(one).key)
    const { trust, events } = following(both)
    const first = trust()
    expect(trust()).toBe(first)
    file('both', pair(other).cert + pair(other).key)
    const second = trust()
    expect(second).not.toBe(first)
    expect(second).toMatchObject({ insecure: false, serverName: 'x' })
    expect(trust()).toBe(second)
    expect(events).toEqual([{ kind: 'reloaded' }])
  })

  it('follows a link that is replaced in one moment, as kubelet does', () => {
    const [current, old] = [join(folder, 'current'), file('old', pair(one).cert + pair(one).key)]
    symlinkSync(old, current)
    const { trust, events } = following(current)
    const first = trust()
    symlinkSync(file('renewed', pair(other).cert + pair(other).key), join(folder, 'next'))
    renameSync(join(folder, 'next'), current)
    expect(trust()).not.toBe(first)
    expect(events).toEqual([{ kind: 'reloaded' }])
  })

  it('keeps the last good one while the file is gone or bad, says so once for each reason, and goes on', () => {
    const both = file('kept', pair(one).cert + pair(one).key)
    const { trust, events } = following(both)
    const first = trust()
    unlinkSync(both)
    expect([trust(), trust(), trust()]).toEqual([first, first, first])
    file('kept', pair(one).cert + pair(other).key)
    expect([trust(), trust()]).toEqual([first, first])
    const texts = events.map((event) =>
      event.kind === 'failed' ? event.error.replace(folder, '') : event.kind,
    )
    expect(texts).toEqual([
      '--health-cert "/kept": cannot be read: ENOENT',
      '--health-cert "/kept": holds a key that does not belong to its certificate',
    ])
    file('kept', pair(one).cert + pair(one).key)
    expect(trust()).not.toBe(first)
    expect(events.at(-1)).toEqual({ kind: 'reloaded' })
    expect(events).toHaveLength(3)
  })
})
