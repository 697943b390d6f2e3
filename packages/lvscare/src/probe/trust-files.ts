import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { HealthConfig } from '../config-health.ts'
import { codeOf, messageOf, UsageError } from '../errors.ts'

/** The files that the flags name. */
export type TrustFiles = Pick<HealthConfig, 'caFile' | 'certFile' | 'keyFile'>

/** The flags that name them, without their dashes. */
export interface TrustFlags {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const OF_PROBES: TrustFlags = { ca: 'health-ca', cert: 'health-cert', key: 'health-key' }

/** What the files hold, checked, in PEM. */
export interface TrustMaterial {
  readonly ca: string[] | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** Nobody's certificates are larger; a device or a log named by mistake is. */
const MAX_BYTES = 4 * 1024 * 1024

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs
const PRIVATE_KEY = /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----.+?-----END \1-----/s

/** Reads the files; throws {@link UsageError} that names flag, file and rule. */
export function readTrust(
  { caFile, certFile, keyFile }: TrustFiles,
  flags: TrustFlags = OF_PROBES,
): TrustMaterial {
  const ca = caFile === undefined ? undefined : certificates(flags.ca, caFile).map(({ pem }) => pem)
  if (certFile === undefined) {
    if (keyFile !== undefined) throw broken(flags.key, keyFile, `needs --${flags.cert} with its certificate`)
    return { ca, cert: undefined, key: undefined }
  }
  const chain = certificates(flags.cert, certFile)
  const key = privateKey(certFile, keyFile, flags)
  if (chain[0]?.certificate.checkPrivateKey(key.object) !== true) throw mismatch(certFile, keyFile, flags)
  return { ca, cert: chain.map(({ pem }) => pem).join('\n'), key: key.pem }
}

/** What changes whenever a file is written or replaced; also through a link, as kubelet renews its certificate. */
export function trustStamp({ caFile, certFile, keyFile }: TrustFiles): string {
  return [caFile, certFile, keyFile].map((file) => (file === undefined ? '' : stamp(file))).join(' ')
}

function stamp(file: string): string {
  try {
    const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file)
    return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`
  } catch (error) {
    return codeOf(error) ?? 'unknown'
  }
}

function certificates(flag: string, file: string): { pem: string; certificate: X509Certificate }[] {
  const found = read(flag, file).match(CERTIFICATE)
  if (found === null) throw broken(flag, file, 'holds no certificate in PEM')
  return found.map((pem) => {
    try {
      return { pem, certificate: new X509Certificate(pem) }
    } catch (error) {
      throw broken(flag, file, `holds a certificate that cannot be read: ${messageOf(error)}`)
    }
  })
}

/** The key stands in a file of its own, or beside its certificate. */
function privateKey(
  certFile: string,
  keyFile: string | undefined,
  flags: TrustFlags,
): { pem: string; object: KeyObject } {
  const [flag, file] = keyFile === undefined ? [flags.cert, certFile] : [flags.key, keyFile]
  const pem = PRIVATE_KEY.exec(read(flag, file))?.[0]
  if (pem === undefined)
    throw broken(
      flag,
      file,
      keyFile === undefined
        ? `holds no private key: give it with --${flags.key}`
        : 'holds no private key in PEM',
    )
  if (/ENCRYPTED/.test(pem))
    throw broken(flag, file, 'is locked with a passphrase, which nobody is there to type')
  try {
    return { pem, object: createPrivateKey(pem) }
  } catch (error) {
    throw broken(flag, file, `holds a private key that cannot be read: ${messageOf(error)}`)
  }
}

function mismatch(certFile: string, keyFile: string | undefined, flags: TrustFlags): UsageError {
  if (keyFile === undefined)
    return broken(flags.cert, certFile, 'holds a key that does not belong to its certificate')
  return broken(
    flags.key,
    keyFile,
    `does not belong to the certificate in --${flags.cert} ${JSON.stringify(certFile)}`,
  )
}

function read(flag: string, file: string): string {
  try {
    const found = statSync(file)
    if (found.isFile() && found.size <= MAX_BYTES) return readFileSync(file, 'utf8')
  } catch (error) {
    throw broken(flag, file, `cannot be read: ${codeOf(error) ?? messageOf(error)}`)
  }
  throw broken(flag, file, 'is not a file of certificates')
}

function broken(flag: string, file: string, rule: string): UsageError {
  return new UsageError(`--${flag} ${JSON.stringify(file)}: ${rule}`)
}
