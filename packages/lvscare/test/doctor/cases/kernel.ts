import { parseEndpoint } from 'lvscare'
import { saw, unseen } from '../../../src/doctor/facts.ts'
import { A, B, certificate, configOf, member, SERVERS, SERVICE, server } from '../healthy.ts'
import { type Case, kernel, route, settings } from './changes.ts'

/** The kernel, its modules and settings. */
export const KERNEL_CASES: readonly Case[] = [
  { what: 'nothing is wrong', findings: [] },
  { what: 'Linux 5.4', facts: kernel({ release: '5.4.0-100-generic' }), findings: ['kernel-old'] },
  { what: 'Linux 5.8', facts: kernel({ release: '5.8.18' }), findings: ['kernel-old'] },
  { what: 'Linux 5.10', facts: kernel({ release: '5.10.0' }), findings: [] },
  { what: 'an odd kernel', facts: kernel({ release: 'odd' }), findings: ['kernel-unknown'] },
  {
    what: 'no IPVS',
    facts: {
      ...kernel({ ipvs: unseen('no family', 'ERR_IPVS_UNAVAILABLE') }),
      rule: unseen('no family', 'ERR_IPVS_UNAVAILABLE'),
    },
    findings: ['ipvs-missing', 'rule-unseen'],
  },
  {
    what: 'no privilege',
    facts: kernel({ ipvs: unseen('not permitted', 'ERR_IPVS_NO_PRIVILEGE') }),
    findings: ['ipvs-no-privilege'],
  },
  {
    what: 'a binding that does not load',
    facts: kernel({ ipvs: unseen('koffi', 'ERR_NETLINK_BINDING') }),
    findings: ['ipvs-unreadable'],
  },
  {
    what: 'no module for the scheduler',
    facts: kernel({ modules: new Map([['ip_vs_twos', saw('absent')]]) }),
    findings: ['module-missing'],
  },
  {
    what: 'a module that could be loaded',
    facts: kernel({ modules: new Map([['ip_vs_mh', saw('available')]]) }),
    findings: [],
  },
  {
    what: 'a module nobody knows of',
    facts: kernel({ modules: new Map([['ip_vs_mh', unseen('no /lib/modules')]]) }),
    findings: ['module-unseen'],
  },
  {
    what: 'expire_nodest_conn=0',
    facts: settings(['net.ipv4.vs.expire_nodest_conn', '0']),
    findings: ['sysctl-expire-nodest-conn'],
  },
  {
    what: 'expire_quiescent_template=0',
    facts: settings(['net.ipv4.vs.expire_quiescent_template', '0']),
    findings: ['sysctl-expire-quiescent-template'],
  },
  {
    what: 'conntrack=0 with masquerading',
    facts: settings(['net.ipv4.vs.conntrack', '0']),
    findings: ['sysctl-conntrack'],
  },
  {
    what: 'a kernel without conntrack in IPVS',
    facts: settings(['net.ipv4.vs.conntrack', undefined]),
    findings: ['sysctl-conntrack'],
  },
  {
    what: 'conn_reuse_mode=0 on a new kernel',
    facts: settings(['net.ipv4.vs.conn_reuse_mode', '0']),
    findings: ['sysctl-conn-reuse-mode'],
  },
  {
    what: 'conn_reuse_mode=0 on an old kernel, where it is right',
    facts: kernel({
      release: '4.19.0',
      settings: new Map([['net.ipv4.vs.conn_reuse_mode', saw('0')]]),
    }),
    findings: ['kernel-old'],
  },
  {
    what: 'no forwarding with masquerading',
    facts: settings(['net.ipv4.ip_forward', '0']),
    findings: ['sysctl-forwarding'],
  },
  {
    what: 'a virtual IP in the subnet of a link',
    config: configOf({ vs: '192.0.2.100:6443' }),
    facts: {
      ...settings(['net.ipv4.conf.all.arp_ignore', '0'], ['net.ipv4.conf.eth0.arp_ignore', '0']),
      ...route({ destination: '192.0.2.100/32' }),
      servers: SERVERS.map((text) => ({
        ...server(text),
        certificate: saw(certificate('', { covers: ['192.0.2.100', parseEndpoint(text).address] })),
      })),
      through: [],
    },
    findings: ['sysctl-arp-ignore'],
  },
  {
    what: 'the same, with a link that does not answer',
    config: configOf({ vs: '192.0.2.100:6443' }),
    facts: {
      ...settings(['net.ipv4.conf.all.arp_ignore', '0'], ['net.ipv4.conf.eth0.arp_ignore', '1']),
      ...route({ destination: '192.0.2.100/32' }),
      servers: [],
      rule: saw({ service: SERVICE, members: [member(A), member(B)] }),
      through: [],
    },
    findings: [],
  },
  {
    what: 'a setting that cannot be read',
    facts: kernel({
      settings: new Map([['net.ipv4.vs.conn_reuse_mode', unseen('EACCES')]]),
    }),
    findings: ['sysctl-unseen'],
  },
  {
    what: 'settings that are hidden',
    facts: settings(['net.ipv4.vs.expire_nodest_conn', undefined]),
    findings: ['sysctl-unseen'],
  },
]
