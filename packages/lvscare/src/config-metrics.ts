import type { UsageError } from './errors.ts'
import { usage } from './flag-check.ts'
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
  const needs = (name: string, value: string, other: string): UsageError =>
    usage(flags, name, value, `needs --${other}`)
  if (certFile === undefined) {
    // It names what was given and not what is missing, which has no value.
    if (keyFile !== undefined) throw needs('metrics-tls-key', keyFile, 'metrics-tls-cert')
    if (clientCaFile !== undefined) throw needs('metrics-client-ca', clientCaFile, 'metrics-tls-cert')
    return undefined
  }
  if (keyFile === undefined) throw needs('metrics-tls-cert', certFile, 'metrics-tls-key')
  if (flags.text('metrics-address') === 'off')
    throw usage(flags, 'metrics-tls-cert', certFile, 'is of no use with --metrics-address off')
  return { certFile, keyFile, clientCaFile }
}
