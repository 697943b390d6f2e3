import { missing, usage } from './flag-check.ts'
import type { FlagValues } from './flag-values.ts'

/** The files with which metrics are served over HTTPS. */
export interface MetricsTls {
  /** PEM files. */
  readonly certFile: string
  readonly keyFile: string
  /** Who reads `/metrics` must show a certificate of one of these authorities; `undefined`: everybody may read it. */
  readonly clientCaFile: string | undefined
}

/** Reads the flags; throws {@link UsageError}. No I/O: files are only named here. */
export function metricsTls(flags: FlagValues): MetricsTls | undefined {
  const certFile = flags.text('metrics-tls-cert')
  const keyFile = flags.text('metrics-tls-key')
  const clientCaFile = flags.text('metrics-client-ca')
  if (certFile === undefined && keyFile === undefined && clientCaFile === undefined) return undefined
  if (certFile === undefined) throw missing('metrics-tls-cert', 'it comes together with --metrics-tls-key')
  if (keyFile === undefined) throw missing('metrics-tls-key', 'it comes together with --metrics-tls-cert')
  if (flags.text('metrics-address') === 'off')
    throw usage(flags, 'metrics-tls-cert', certFile, 'is of no use with --metrics-address off')
  return { certFile, keyFile, clientCaFile }
}
