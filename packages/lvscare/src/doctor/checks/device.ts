import type { DoctorConfig } from '../../config.ts'
import { hostPrefix } from '../../path/route.ts'
import { ipFor } from '../commands.ts'
import type { NetworkFacts } from '../facts.ts'
import { type Finding, type Kinds, reporter } from '../finding.ts'

const KINDS = {
  'device-ok': { severity: 'ok', meaning: 'The virtual IP is on its device, and the device is up.' },
  'device-missing': {
    severity: 'error',
    meaning:
      'Nothing has the virtual IP: connections to it leave by the default gateway, or find no way at all.',
    advice: 'A running guard does it within a second; when it cannot, its log says why.',
    command: 'ip link add {device} type dummy && ip link set {device} up && {ip} addr add {vip} dev {device}',
  },
  'device-taken': {
    severity: 'error',
    meaning:
      'The name of the device belongs to a link that is no dummy device, and the guard leaves it alone.',
    advice: 'Choose another name with --iface.',
  },
  'device-down': {
    severity: 'error',
    meaning: 'The device of the virtual IP is switched off.',
    advice: 'A running guard does it within a second.',
    command: 'ip link set {device} up',
  },
  'device-without-vip': {
    severity: 'error',
    meaning: 'The device is there, but without the virtual IP: connections to it go astray.',
    advice: 'A running guard does it within a second.',
    command: '{ip} addr replace {vip} dev {device}',
  },
} as const

/** Findings about the device of mode `link`. */
export const DEVICE_KINDS: Kinds = KINDS

const report = reporter(KINDS, 'device')

/** Is the device of mode `link` there, up and with the virtual IP? */
export function deviceFindings({ links, addresses }: NetworkFacts, config: DoctorConfig): Finding[] {
  const { virtual, iface: device } = config
  const vip = hostPrefix(virtual)
  const values = { device, vip, ip: ipFor(virtual) }
  const link = links.find(({ name }) => name === device)
  if (link === undefined) return [report('device-missing', `there is no link ${device}`, values)]
  if (link.kind !== 'dummy')
    return [report('device-taken', `${device} is of kind ${link.kind ?? 'hardware'}`)]
  const has = addresses.some((one) => one.link === device && one.address === virtual.address)
  const wrong = [
    ...(link.up ? [] : [report('device-down', `${device} is down`, values)]),
    ...(has ? [] : [report('device-without-vip', `${device} does not have ${vip}`, values)]),
  ]
  return wrong.length > 0 ? wrong : [report('device-ok', `${vip} dev ${device}`)]
}
