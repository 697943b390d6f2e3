import type { Route } from '@lvscare/netlink'
import { saw, unseen } from '../../../src/doctor/facts.ts'
import { configOf, NODE, told, VIP } from '../healthy.ts'
import { type Case, network, route } from './changes.ts'

const GATEWAY: Route = {
  family: 'inet',
  destination: `${VIP}/32`,
  table: 254,
  type: 'unicast',
  scope: 'universe',
  protocol: 77,
  metric: 50,
  gateway: NODE,
}

/** The way to the virtual IP. */
export const NETWORK_CASES: readonly Case[] = [
  { what: 'no rtnetlink', facts: { network: unseen('EPERM') }, findings: ['network-unseen'] },
  {
    what: 'a node that does not know itself',
    facts: { nodeAddress: unseen('no route', 'ERR_LVSCARE_NODE_ADDRESS') },
    findings: ['node-address-unknown'],
  },
  {
    what: 'an address that is not of this node',
    facts: { nodeAddress: saw('192.0.2.200') },
    findings: ['node-address-foreign', 'route-source-other'],
  },
  {
    what: 'the virtual IP on a link',
    facts: network({
      addresses: [
        { address: NODE, prefixLength: 24, link: 'eth0' },
        { address: VIP, prefixLength: 32, link: 'old' },
      ],
    }),
    findings: ['vip-taken'],
  },
  {
    what: 'a Service with the virtual IP',
    facts: network({
      addresses: [
        { address: NODE, prefixLength: 24, link: 'eth0' },
        { address: VIP, prefixLength: 32, link: 'kube-ipvs0' },
      ],
    }),
    findings: ['vip-is-a-service'],
  },
  { what: 'no route at all', facts: network({ entry: undefined }), findings: ['route-missing'] },
  {
    what: 'only a default route',
    facts: network({ entry: { ...GATEWAY, destination: '0.0.0.0/0' } }),
    findings: ['route-missing'],
  },
  { what: 'the route of mode route', facts: network({ entry: GATEWAY }), findings: ['route-in-the-way'] },
  {
    what: 'the route of mode local in mode route',
    config: configOf({ mode: 'route' }),
    facts: { guard: { report: saw(told({}, { mode: 'route' })), guarded: saw([]) } },
    findings: ['route-in-the-way'],
  },
  {
    what: 'mode route',
    config: configOf({ mode: 'route' }),
    facts: {
      ...network({ entry: GATEWAY }),
      guard: { report: saw(told({}, { mode: 'route' })), guarded: saw([]) },
    },
    findings: [],
  },
  {
    what: 'a source the node has lost',
    facts: route({ preferredSource: '192.0.2.9' }),
    findings: ['route-source-lost'],
  },
  {
    what: 'another source',
    facts: route({ preferredSource: '127.0.0.1' }),
    findings: ['route-source-other'],
  },
  {
    what: 'no source',
    facts: network({ entry: withoutSource() }),
    findings: ['route-source-none'],
  },
  {
    what: 'no way in mode none',
    config: configOf({ mode: 'none' }),
    facts: {
      ...network({ entry: undefined }),
      guard: { report: saw(told({}, { mode: 'none' })), guarded: saw([]) },
    },
    findings: ['route-none'],
  },
  {
    what: 'the virtual IP on a link in mode none',
    config: configOf({ mode: 'none' }),
    facts: {
      ...network({ addresses: [{ address: VIP, prefixLength: 32, link: 'lo' }] }),
      guard: { report: saw(told({}, { mode: 'none' })), guarded: saw([]) },
    },
    findings: [],
  },
  {
    what: 'any way in mode none',
    config: configOf({ mode: 'none' }),
    facts: {
      ...network({ entry: { ...GATEWAY, destination: '0.0.0.0/0' } }),
      guard: { report: saw(told({}, { mode: 'none' })), guarded: saw([]) },
    },
    findings: [],
  },
  {
    what: 'no masquerading',
    facts: { masquerade: saw(['table ip lvscare: nothing']) },
    findings: ['masquerade-missing'],
  },
  { what: 'masquerading', facts: { masquerade: saw([]) }, findings: [] },
  { what: 'no nf_tables', facts: { masquerade: unseen('EPERM') }, findings: ['masquerade-unseen'] },
]

function withoutSource(): Route {
  const { preferredSource: _, ...rest } = { ...GATEWAY, type: 'local', protocol: 77 } as const
  const { gateway: __, ...route } = rest
  return route
}
