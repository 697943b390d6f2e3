import type { DoctorConfig } from '../../config.ts'
import type { Facts } from '../facts.ts'
import type { Finding, Kinds } from '../finding.ts'
import { CERTIFICATE_KINDS, certificateFindings } from './certificates.ts'
import { DEVICE_KINDS } from './device.ts'
import { GUARD_KINDS, guardFindings } from './guard.ts'
import { KERNEL_KINDS, kernelFindings } from './kernel.ts'
import { KUBE_PROXY_KINDS, kubeProxyFindings } from './kube-proxy.ts'
import { MASQUERADE_KINDS, masqueradeFindings } from './masquerade.ts'
import { MEMBER_KINDS } from './members.ts'
import { MODULE_KINDS, moduleFindings } from './modules.ts'
import { NETWORK_KINDS, networkFindings } from './network.ts'
import { OTHER_KINDS, otherFindings } from './others.ts'
import { ROUTE_KINDS } from './route.ts'
import { RULE_KINDS, ruleFindings } from './rule.ts'
import { SERVER_KINDS, serverFindings } from './servers.ts'
import { RANGE_KINDS, serviceRangeFindings } from './service-range.ts'
import { SYSCTL_KINDS, sysctlFindings } from './sysctls.ts'
import { THROUGH_KINDS, throughFindings } from './through.ts'

/** Every kind of finding by its code, in the order of docs/doctor.md. */
export const ALL_KINDS: Kinds = {
  ...KERNEL_KINDS,
  ...MODULE_KINDS,
  ...SYSCTL_KINDS,
  ...NETWORK_KINDS,
  ...ROUTE_KINDS,
  ...DEVICE_KINDS,
  ...MASQUERADE_KINDS,
  ...RULE_KINDS,
  ...MEMBER_KINDS,
  ...SERVER_KINDS,
  ...CERTIFICATE_KINDS,
  ...THROUGH_KINDS,
  ...RANGE_KINDS,
  ...KUBE_PROXY_KINDS,
  ...OTHER_KINDS,
  ...GUARD_KINDS,
}

/** Everything that can be said about the facts, in the order in which the parts build on each other. No I/O. */
export function examine(facts: Facts, config: DoctorConfig): Finding[] {
  return [
    kernelFindings,
    moduleFindings,
    sysctlFindings,
    networkFindings,
    masqueradeFindings,
    ruleFindings,
    serverFindings,
    certificateFindings,
    throughFindings,
    serviceRangeFindings,
    kubeProxyFindings,
    otherFindings,
    guardFindings,
  ].flatMap((check) => check(facts, config))
}
