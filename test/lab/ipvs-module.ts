import { readFileSync } from 'node:fs'
import { outcome } from './exec.ts'
import { waitFor } from './wait.ts'

/** What is held is held by connections that expire and by network namespaces that the kernel still takes apart. */
const LIMIT_MS = 60_000

/** The modules of IPVS that are loaded; those that hold another come before it, as `modprobe -r` wants them. */
export function ipvsModules(): string[] {
  const names = readFileSync('/proc/modules', 'utf8').match(/^ip_vs\w*/gm) ?? []
  return names.sort((a, b) => b.length - a.length)
}

/** Unloads IPVS with every scheduler and helper that any test has loaded, as soon as nothing holds them. */
export async function unloadIpvs(): Promise<void> {
  await waitFor('ip_vs unloaded', LIMIT_MS, () => {
    const modules = ipvsModules()
    return modules.length === 0 || outcome(['modprobe', '-r', ...modules]).code === 0
  })
}
