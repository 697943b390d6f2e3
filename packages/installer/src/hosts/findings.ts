import { HOSTS_FILE } from '../node/paths.ts'
import { isSameAddress } from '../validate/addresses.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import type { HostsLine } from './block.ts'
import { type DamagedMarker, type ForeignHostsLine, readHosts } from './read.ts'

/** What is wrong with the text of /etc/hosts (one letter for each byte) for who wants these lines in it. */
export function hostsFindings(text: string, lines: readonly HostsLine[]): InstallerFinding[] {
  const damaged = readHosts(text, '').damaged.map(damagedFinding)
  const foreign = lines.flatMap((wanted) =>
    readHosts(text, wanted.name).foreign.map((line) => foreignFinding(line, wanted)),
  )
  return [...damaged, ...foreign]
}

function damagedFinding({ line, text }: DamagedMarker): InstallerFinding {
  return {
    code: 'hosts-block-damaged',
    severity: 'error',
    path: HOSTS_FILE,
    message: `line ${line}, ${JSON.stringify(text)}, marks one end of a block of this installer, and the other end is missing`,
    fix: `Take line ${line} out of ${HOSTS_FILE}, and the lines beside it that give the name of the control plane an address.`,
  }
}

/** The C library takes the addresses of every line with the name, so another one is not passed over. */
function foreignFinding({ line, address, text }: ForeignHostsLine, wanted: HostsLine): InstallerFinding {
  const isSame = isSameAddress(address, wanted.address)
  const what = isSame ? 'says the same as the line that is to be set' : `but it must be ${wanted.address}`
  return {
    code: 'hosts-foreign-line',
    severity: isSame ? 'note' : 'error',
    path: HOSTS_FILE,
    message: `line ${line}, ${JSON.stringify(text)}, gives ${wanted.name} the address ${address}: ${what}`,
    fix: `Take ${wanted.name} out of line ${line} of ${HOSTS_FILE}.`,
  }
}
