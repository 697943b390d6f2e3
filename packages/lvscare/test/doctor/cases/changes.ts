import type { Route } from '@lvscare/netlink'
import type { DeadReason, DoctorConfig, Verdict } from 'lvscare'
import {
  type ClusterFacts,
  type Facts,
  type NetworkFacts,
  type RuleFacts,
  type ServerFacts,
  type ShownCertificate,
  saw,
} from '../../../src/doctor/facts.ts'
import { HEALTHY } from '../../verdicts.ts'
import { A, B, certificate, healthy, member, SERVICE, server } from '../healthy.ts'

/** What is wrong with a node, and every finding that is not ok. */
export interface Case {
  readonly what: string
  readonly facts?: Partial<Facts>
  readonly config?: DoctorConfig
  readonly findings: readonly string[]
}

export const network = (changes: Partial<NetworkFacts>): Partial<Facts> => {
  const found = healthy().network
  return found.seen ? { network: saw({ ...found.value, ...changes }) } : {}
}

export const route = (changes: Partial<Route>): Partial<Facts> => {
  const found = healthy().network
  return network(found.seen && found.value.entry ? { entry: { ...found.value.entry, ...changes } } : {})
}

export const settings = (
  ...changes: readonly (readonly [name: string, value: string | undefined])[]
): Partial<Facts> => {
  const { kernel } = healthy()
  const seen = changes.map(([name, value]) => [name, saw(value)] as const)
  return { kernel: { ...kernel, settings: new Map([...kernel.settings, ...seen]) } }
}

export const kernel = (changes: Partial<Facts['kernel']>): Partial<Facts> => ({
  kernel: { ...healthy().kernel, ...changes },
})

export const rule = (changes: Partial<RuleFacts>): Partial<Facts> => ({
  rule: saw({ service: SERVICE, members: [member(A), member(B)], ...changes }),
})

/** The first server is another one, and shows itself through the virtual IP too. */
export const first = (changes: Partial<ServerFacts>): Partial<Facts> => {
  const servers = [{ ...server(A), ...changes }, server(B)]
  const through = servers.map(({ certificate: one }) => ({
    verdict: HEALTHY,
    certificate: one?.seen === true ? one.value : undefined,
  }))
  return { servers, through }
}

export const shown = (changes: Partial<ShownCertificate>): Partial<Facts> =>
  first({ certificate: saw(certificate('192.0.2.11', changes)) })

export const through = (...verdicts: readonly Verdict[]): Partial<Facts> => ({
  through: verdicts.map((verdict) => ({ verdict, certificate: undefined })),
})

export const cluster = (changes: Partial<ClusterFacts>): Partial<Facts> => ({
  cluster: { ...healthy().cluster, ...changes },
})

export const dead = (reason: DeadReason, detail = 'x'): Verdict => ({
  outcome: 'dead',
  reason,
  detail,
  ms: 1,
})
