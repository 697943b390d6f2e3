import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec } from './exec.ts'

/** A private key and a self-signed certificate, in PEM. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** Makes a certificate that is valid for the addresses; elliptic curves, because RSA keys take seconds in emulation. */
export function selfSigned(addresses: readonly string[]): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'lvscare-cert-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const names = addresses.map((address) => `IP:${address}`).join(',')
  try {
    exec(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '30',
      '-subj',
      '/CN=kube-apiserver',
      '-addext',
      `subjectAltName=${names}`,
      '-keyout',
      key,
      '-out',
      cert,
    )
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
