import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KeyPair } from './certificate.ts'
import { exec } from './exec.ts'

/** What a certificate says. */
export interface Certified {
  readonly subject?: string
  /** As OpenSSL wants them: `DNS:kubernetes`, `IP:127.0.0.1`. */
  readonly names?: readonly string[]
  /** Days from now on which it begins and ends; negative ones are over. */
  readonly begins?: number
  readonly ends?: number
}

/** An authority that issues certificates for tests, in a folder of its own. */
export class Authority {
  readonly #folder: string
  /** Its own certificate, in PEM. */
  readonly cert: string

  constructor(subject = '/CN=kubernetes') {
    this.#folder = mkdtempSync(join(tmpdir(), 'lvscare-ca-'))
    this.#write('index.txt', '')
    this.#write('serial', '01\n')
    this.#write(
      'ca.cnf',
      `[ca]\ndefault_ca=own\n[own]\ndatabase=${this.#path('index.txt')}\nserial=${this.#path('serial')}\n` +
        `new_certs_dir=${this.#folder}\ndefault_md=sha256\nunique_subject=no\npolicy=any\n[any]\ncommonName=optional\n`,
    )
    this.#openssl('req', '-x509', ...NEW_KEY, '-days', '9', '-subj', subject, ...this.#out('ca'))
    this.cert = this.#read('ca.pem')
  }

  /** A new key and its certificate. */
  issue({
    subject = '/CN=kube-apiserver',
    names = ['IP:127.0.0.1'],
    begins = -1,
    ends = 2,
  }: Certified = {}): KeyPair {
    this.#openssl(
      'req',
      '-new',
      ...NEW_KEY,
      '-subj',
      subject,
      '-keyout',
      this.#path('key'),
      '-out',
      this.#path('csr'),
    )
    this.#write(
      'ext',
      names.length > 0 ? `subjectAltName=${names.join(',')}\n` : 'basicConstraints=CA:FALSE\n',
    )
    const own = [
      '-config',
      this.#path('ca.cnf'),
      '-cert',
      this.#path('ca.pem'),
      '-keyfile',
      this.#path('ca.key'),
    ]
    const time = ['-startdate', time14(begins), '-enddate', time14(ends)]
    const files = ['-in', this.#path('csr'), '-out', this.#path('cert'), '-extfile', this.#path('ext')]
    this.#openssl('ca', '-batch', '-notext', ...own, ...time, ...files)
    return { key: this.#read('key'), cert: this.#read('cert') }
  }

  /** Takes the folder away. */
  close(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #out(name: string): string[] {
    return ['-keyout', this.#path(`${name}.key`), '-out', this.#path(`${name}.pem`)]
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  #read(name: string): string {
    return readFileSync(this.#path(name), 'utf8')
  }

  #write(name: string, text: string): void {
    writeFileSync(this.#path(name), text)
  }

  #openssl(...args: string[]): void {
    exec('openssl', ...args)
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** `20260131235959Z`. */
function time14(days: number): string {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString()
  return `${iso.slice(0, 19).replace(/[-T:]/g, '')}Z`
}
