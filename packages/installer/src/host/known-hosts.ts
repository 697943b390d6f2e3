import { createHash, createHmac } from 'node:crypto'

/** One line of a known_hosts file: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHost {
  /** `@revoked`, `@cert-authority` or nothing. */
  readonly marker: string | undefined
  /** Patterns with commas, or one hashed name. */
  readonly hosts: string
  /** Such as `ssh-ed25519`. */
  readonly type: string
  readonly key: Buffer
  /** For messages, beginning with 1. */
  readonly line: number
}

/** What is known of a key that a host shows. */
export type KeyVerdict =
  | { readonly verdict: 'known' }
  /** Nothing is known of this host. */
  | { readonly verdict: 'unknown' }
  /** Other keys are known of it. */
  | { readonly verdict: 'changed'; readonly known: readonly KnownHost[] }
  /** Somebody said that this key must not be trusted. */
  | { readonly verdict: 'revoked'; readonly known: readonly KnownHost[] }

/** Reads a known_hosts file. What is not a line of that format is left out, as OpenSSH does. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split(/\r?\n/).flatMap((content, index) => {
    const words = content.trim().split(/[ \t]+/)
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined
    const [hosts, type, base64] = words
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || base64 === undefined) return []
    const key = Buffer.from(base64, 'base64')
    return keyType(key) === type ? [{ marker, hosts, type, key, line: index + 1 }] : []
  })
}

/** How a host is called there: with brackets and port, unless it is the usual one. */
export function knownHostName(address: string, port: number): string {
  return port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`
}

/**
 * Judges the key that a host shows. One that is revoked for it never passes.
 *
 * Lines for certificate authorities are left out: ssh2 takes keys alone.
 */
export function judgeKey(known: readonly KnownHost[], host: string, key: Buffer): KeyVerdict {
  const about = known.filter(({ hosts }) => isAbout(hosts, host))
  const same = about.filter((one) => one.key.equals(key))
  const revoked = same.filter(({ marker }) => marker === '@revoked')
  if (revoked.length > 0) return { verdict: 'revoked', known: revoked }
  if (same.some(({ marker }) => marker === undefined)) return { verdict: 'known' }
  const others = about.filter(({ marker }) => marker === undefined)
  return others.length === 0 ? { verdict: 'unknown' } : { verdict: 'changed', known: others }
}

/** The types of the keys that are known of a host: those are to be asked for, because it may have others too. */
export function knownTypes(known: readonly KnownHost[], host: string): string[] {
  const about = known.filter(({ marker, hosts }) => marker === undefined && isAbout(hosts, host))
  return [...new Set(about.map(({ type }) => type))]
}

/** As OpenSSH shows it: `SHA256:` and base64 without padding. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The type that a public key in the format of SSH says of itself (RFC 4253, 6.6); empty for anything else. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return ''
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')
}

function isAbout(hosts: string, host: string): boolean {
  if (hosts.startsWith('|')) return isHashOf(hosts, host)
  const patterns = hosts.toLowerCase().split(',')
  if (patterns.some((one) => one.startsWith('!') && matches(one.slice(1), host))) return false
  return patterns.some((one) => matches(one, host))
}

/** `|1|SALT|HMAC-SHA1`. */
function isHashOf(field: string, host: string): boolean {
  const [, version, salt = '', hash = ''] = field.split('|')
  if (version !== '1') return false
  const hmac = createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest()
  return hmac.equals(Buffer.from(hash, 'base64'))
}

/** `*` and `?` alone mean more than themselves. Without regular expressions, whose time many stars would run away with. */
function matches(pattern: string, text: string): boolean {
  let [at, star, restart] = [0, -1, 0]
  for (let index = 0; index < text.length; ) {
    const wanted = pattern[at]
    if (wanted === '*') {
      star = at
      at += 1
      restart = index
    } else if (wanted === '?' || wanted === text[index]) {
      at += 1
      index += 1
    } else if (star >= 0) {
      at = star + 1
      restart += 1
      index = restart
    } else return false
  }
  return /^\**$/.test(pattern.slice(at))
}
