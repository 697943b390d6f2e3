import { type Facts, type NetworkFacts, saw } from '../../../src/doctor/facts.ts'
import { configOf, link, NODE, told, VIP } from '../healthy.ts'
import { type Case, network } from './changes.ts'

const LINK = configOf({ mode: 'link' })
const DEVICE = [link(1, 'lo'), link(3, 'lvscare', 'dummy')]
const ON_DEVICE = [
  { address: NODE, prefixLength: 24, link: 'eth0' },
  { address: VIP, prefixLength: 32, link: 'lvscare' },
]
/** The device of mode `link`. */
export const DEVICE_CASES: readonly Case[] = deviceCases()

function deviceCases(): Case[] {
  const guard = { report: saw(told({}, { mode: 'link' })), guarded: saw([]) }
  const base = { config: LINK }
  const facts = (changes: Partial<NetworkFacts>): Partial<Facts> => ({
    guard,
    ...network({ links: DEVICE, addresses: ON_DEVICE, ...changes }),
  })
  return [
    { ...base, what: 'mode link', facts: facts({}), findings: [] },
    {
      ...base,
      what: 'no device',
      facts: facts({ links: [link(1, 'lo')], addresses: [] }),
      findings: ['device-missing'],
    },
    {
      ...base,
      what: 'another kind of device',
      facts: facts({ links: [link(3, 'lvscare', 'veth')] }),
      findings: ['device-taken'],
    },
    {
      ...base,
      what: 'a device that is down',
      facts: facts({ links: [link(3, 'lvscare', 'dummy', false)] }),
      findings: ['device-down'],
    },
    {
      ...base,
      what: 'a device without the virtual IP',
      facts: facts({ addresses: [] }),
      findings: ['device-without-vip'],
    },
  ]
}
