import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fingerprint,
  judgeKey,
  keyType,
  knownHostName,
  knownTypes,
  parseKnownHosts,
} from '../../src/host/known-hosts.ts'
import { hostKeyCheck } from '../../src/host/ssh/host-key.ts'

const ED25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIAXhXN/WTV0j0TuFdMFiFs0CrEDuCoW5wnYYUHmApQV0'
const ECDSA =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOArCxqohe3n6Uwz45vPRBns239N6+Rm2BN1xVbg9JegVrNos7Q+I4CEABQxsiDIsfqQ2yU9Gd1u0Dj2I9Ii1x0='
const ed25519 = Buffer.from(ED25519, 'base64')
const ecdsa = Buffer.from(ECDSA, 'base64')

/** What ssh-keygen -H of OpenSSH 9.2 made of `node1.example,192.0.2.11` and `[node1.example]:2222`. */
const HASHED = `|1|6dNMVP8X/whwUBKb8o0NABpNitw=|T8ooXg5ZgITlZ+3pC098ORBJh2M= ssh-ed25519 ${ED25519}
|1|6TaaIq20z87JWhDdBy4cma/Gij8=|QbZ4qx6aBBIREF1fFSoLnsZlYZk= ssh-ed25519 ${ED25519}
|1|IuOGz48EmvoSgqHUEuyOl8LNNlU=|YzTWqQvBlZYOF809xNKC+8l+sDE= ecdsa-sha2-nistp256 ${ECDSA}
`

function verdict(text: string, host: string, key: Buffer = ed25519): string {
  return judgeKey(parseKnownHosts(text), host, key).verdict
}

describe('known hosts', () => {
  it('are found by name, address and port, also hashed', () => {
    for (const text of [HASHED, `node1.example,192.0.2.11 ssh-ed25519 ${ED25519} comment\n`]) {
      expect(verdict(text, 'node1.example')).toBe('known')
      expect(verdict(text, '192.0.2.11')).toBe('known')
      expect(verdict(text, '192.0.2.1')).toBe('unknown')
      expect(verdict(text, 'node1.example', ecdsa)).toBe('changed')
    }
    expect(verdict(HASHED, knownHostName('NODE1.example', 2222), ecdsa)).toBe('known')
    expect(verdict(HASHED, knownHostName('node1.example', 2223), ecdsa)).toBe('unknown')
  })

  it('may be patterns, and exceptions from them', () => {
    const text = `*.example,!bad.example,192.0.2.? ssh-ed25519 ${ED25519}\n`
    expect(verdict(text, 'a.b.example')).toBe('known')
    expect(verdict(text, 'bad.example')).toBe('unknown')
    expect(verdict(text, '192.0.2.7')).toBe('known')
    expect(verdict(text, '192.0.2.77')).toBe('unknown')
    expect(verdict(text, 'example')).toBe('unknown')
  })

  it('that are revoked are never taken, wherever else they stand', () => {
    const known = `* ssh-ed25519 ${ED25519}\n`
    expect(verdict(`${known}@revoked * ssh-ed25519 ${ED25519}\n`, 'node')).toBe('revoked')
    expect(verdict(`${known}@revoked other ssh-ed25519 ${ED25519}\n`, 'node')).toBe('known')
    expect(verdict(`@revoked * ssh-ed25519 ${ED25519}\n`, 'node', ecdsa)).toBe('unknown')
  })

  it('are no certificate authorities', () => {
    expect(verdict(`@cert-authority * ssh-ed25519 ${ED25519}\n`, 'node')).toBe('unknown')
  })

  it('say where they stand, past comments, empty lines and what is no key', () => {
    const text = `# comment\r\n\r\nnode ssh-rsa ${ED25519}\nnode\nnode ssh-ed25519 !\n\t node   ssh-ed25519  ${ED25519}`
    expect(parseKnownHosts(text)).toEqual([
      { marker: undefined, hosts: 'node', type: 'ssh-ed25519', key: ed25519, line: 6 },
    ])
  })

  it('have fingerprints as ssh-keygen -l shows them', () => {
    expect(fingerprint(ed25519)).toBe('SHA256:n35Owxy/SYIGY7BM+w92FOhRpbwJzsQmiIxoszl+iAM')
    expect(fingerprint(ecdsa)).toBe('SHA256:BZoK51vIIp5TylFeOew8hHWGYiAD+sieK23uvq+GjJw')
    expect(keyType(ecdsa)).toBe('ecdsa-sha2-nistp256')
  })

  it('are asked for the keys that are known of them first', async () => {
    const text = `node ecdsa-sha2-nistp256 ${ECDSA}\nother ssh-ed25519 ${ED25519}\n`
    expect(knownTypes(parseKnownHosts(text), 'node')).toEqual(['ecdsa-sha2-nistp256'])
    const check = await hostKeyCheck({ address: 'node', hostKey: { knownHosts: text } })
    expect(check.algorithms.slice(0, 2)).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519'])
    expect(check.algorithms).not.toContain('ssh-dss')
    expect(new Set(check.algorithms).size).toBe(7)
  })

  it('match a pattern exactly when the regular expression of it does', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        fc.pre(pattern !== '')
        const expression = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
        const expected = new RegExp(`^${expression}$`).test(text) ? 'known' : 'unknown'
        expect(verdict(`${pattern} ssh-ed25519 ${ED25519}`, text)).toBe(expected)
      }),
    )
  })

  it('with a thousand stars cost no time', () => {
    const text = `${'*a'.repeat(1000)}b ssh-ed25519 ${ED25519}\n`
    const before = performance.now()
    expect(verdict(text, 'a'.repeat(5000))).toBe('unknown')
    expect(performance.now() - before).toBeLessThan(2000)
  })

  it('of any text throw nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.uint8Array(), (text, host, key) => {
        const known = parseKnownHosts(`${text}\n|1|${text}|${text} ssh-ed25519 ${ED25519}`)
        judgeKey(known, host, Buffer.from(key))
        keyType(Buffer.from(key))
      }),
    )
  })
})
