import { createSecureContext, type SecureContext } from 'node:tls'
import type { HealthConfig } from '../config-health.ts'
import { messageOf, UsageError } from '../errors.ts'
import { readTrust, type TrustMaterial, trustStamp } from './trust-files.ts'

/** What the flags say about TLS. */
export type TrustConfig = Pick<HealthConfig, 'insecure' | 'caFile' | 'certFile' | 'keyFile' | 'serverName'>

/** How TLS connections to the servers are made; a new object whenever the files have changed. */
export interface TlsTrust {
  /** One for all servers: it takes megabytes. */
  readonly context: SecureContext
  /** Accept any certificate. */
  readonly insecure: boolean
  /** The name that is asked for and looked for in the certificate; `undefined`: the server's address. */
  readonly serverName: string | undefined
}

/** What became of files that have changed: they are used now, or cannot be, and the last good ones stay. */
export type TrustEvent = { readonly kind: 'reloaded' } | { readonly kind: 'failed'; readonly error: string }

/**
 * Reads the certificates and the key, if any are given; throws {@link UsageError} that names flag, file and rule.
 *
 * The function it returns looks whether a file has changed since, and never throws: what cannot be read leaves the last
 * good ones in use, and `report` is told once.
 */
export function loadTrust(
  config: TrustConfig,
  report: (event: TrustEvent) => void = () => undefined,
): () => TlsTrust {
  const trust = new Trust(config, report)
  return () => trust.current()
}

class Trust {
  readonly #config: TrustConfig
  readonly #report: (event: TrustEvent) => void
  #stamp: string
  #current: TlsTrust
  #problem: string | undefined

  constructor(config: TrustConfig, report: (event: TrustEvent) => void) {
    this.#config = config
    this.#report = report
    // Before the files are read: what is written meanwhile is one more change.
    this.#stamp = trustStamp(config)
    this.#current = this.#load()
  }

  current(): TlsTrust {
    const stamp = trustStamp(this.#config)
    // As long as they cannot be used they are tried again: certificate and key are seldom replaced in one moment.
    if (stamp !== this.#stamp || this.#problem !== undefined) this.#reload(stamp)
    return this.#current
  }

  #reload(stamp: string): void {
    try {
      this.#current = this.#load()
      this.#stamp = stamp
      this.#problem = undefined
      this.#report({ kind: 'reloaded' })
    } catch (error) {
      const problem = messageOf(error)
      if (problem !== this.#problem) this.#report({ kind: 'failed', error: problem })
      this.#problem = problem
    }
  }

  #load(): TlsTrust {
    const { insecure, serverName } = this.#config
    return { context: contextOf(readTrust(this.#config), insecure), insecure, serverName }
  }
}

/** Where every certificate will do, the authorities that Node brings along need not be read: they take megabytes too. */
function contextOf({ ca, cert, key }: TrustMaterial, insecure: boolean): SecureContext {
  try {
    return createSecureContext({ ca: ca ?? (insecure ? [] : undefined), cert, key })
  } catch (error) {
    throw new UsageError(`the certificates for probes cannot be used: ${messageOf(error)}`, { cause: error })
  }
}
