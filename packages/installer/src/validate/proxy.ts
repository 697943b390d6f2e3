import { holds } from 'lvscare'
import { type InstallerConfig, isGuarded } from '../config/config.ts'
import { isSameAddress } from './addresses.ts'
import type { NodeFacts } from './facts.ts'
import type { InstallerFinding } from './finding.ts'
import { type FindingKinds, reporter } from './report.ts'

const KINDS = {
  'proxy-environment': {
    severity: 'warning',
    why: 'what listens to these variables, such as kubeadm and kubectl, asks the proxy for the apiserver',
    fix: 'Add {missing} to NO_PROXY (and no_proxy).',
  },
} as const

/** Findings about a proxy for HTTP. */
export const PROXY_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/** Does a proxy stand between the node and the virtual IP? */
export function proxyFindings(config: InstallerConfig, facts: NodeFacts): InstallerFinding[] {
  const environment = facts.environment ?? {}
  const proxy = variable(environment, 'HTTPS_PROXY')
  if (proxy === undefined) return []
  const exceptions = (variable(environment, 'NO_PROXY')?.value ?? '').split(',').map((one) => one.trim())
  const hosts = [...(isGuarded(config) ? [config.virtual.address] : []), config.endpointName]
  const missing = hosts.filter(
    (host) => !exceptions.some((exception) => excepts(exception, host, config.virtual.port)),
  )
  if (missing.length === 0) return []
  const found = `${proxy.name} is set, and NO_PROXY does not have ${missing.join(' and ')}`
  return [report('proxy-environment', proxy.name, found, { missing: missing.join(',') })]
}

/** The apiserver is asked by HTTPS, so the other proxy does not matter. Go prefers the upper case. */
function variable(
  environment: Readonly<Record<string, string | undefined>>,
  upper: string,
): { readonly name: string; readonly value: string } | undefined {
  for (const name of [upper, upper.toLowerCase()]) {
    const value = environment[name]
    if (value !== undefined && value !== '') return { name, value }
  }
  return undefined
}

/** As Go has it (golang.org/x/net/http/httpproxy): `*`, an address, a range, or a domain with all that is below. */
function excepts(exception: string, host: string, port: number): boolean {
  if (exception === '*') return true
  const { name, only } = parts(exception.toLowerCase())
  if (only !== undefined && only !== port) return false
  if (isSameAddress(name, host) || (isAddress(host) && holds(name, host))) return true
  const domain = name.replace(/^\*?\./, '')
  // A dot in front means: below it, but not itself.
  const isItself = host === domain && domain === name
  return domain !== '' && (isItself || host.endsWith(`.${domain}`))
}

/** An exception may be for one port only; an IPv6 address then has brackets. */
function parts(exception: string): { readonly name: string; readonly only: number | undefined } {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(exception) ?? []
  const name = bracketed ?? plain ?? exception
  return { name, only: port === undefined ? undefined : Number(port) }
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host)
}
