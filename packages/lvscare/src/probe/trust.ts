import { constants } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { HealthConfig } from '../config-health.ts'
import { messageOf, UsageError } from '../errors.ts'
import { type RenewalEvent, renewedFiles } from './renewed-files.ts'
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

/** {@link RenewalEvent} of the files of probes. */
export type TrustEvent = RenewalEvent

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
  const { insecure, serverName } = config
  return renewedFiles({
    stamp: () => trustStamp(config),
    load: () => ({ context: contextOf(readTrust(config), insecure), insecure, serverName }),
    report,
  })
}

/** Where every certificate will do, the authorities that Node brings along need not be read: they take megabytes too. */
function contextOf({ ca, cert, key }: TrustMaterial, insecure: boolean): SecureContext {
  try {
    return createSecureContext({
      ca: ca ?? (insecure ? [] : undefined),
      cert,
      key,
      // A server could have us shake hands without end, on a connection on which nobody asks anything.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    })
  } catch (error) {
    throw new UsageError(`the certificates for probes cannot be used: ${messageOf(error)}`, { cause: error })
  }
}
