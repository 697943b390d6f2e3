import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { outcome } from './exec.ts'

const TRACING = '/sys/kernel/tracing'
const GROUP = 'lvscare_test'

/** Where the kernel starts to change what a guard may want changed; reading comes by none of them. */
const FUNCTIONS = [
  'ip_vs_genl_set_cmd',
  'inet_rtm_newroute',
  'inet_rtm_delroute',
  'inet6_rtm_newroute',
  'inet6_rtm_delroute',
  'inet_rtm_newaddr',
  'inet_rtm_deladdr',
  'rtnl_newlink',
  'rtnl_dellink',
  'nfnetlink_rcv_batch',
  'proc_sys_write',
]

/**
 * Counts the writes of one process in the kernel itself, with probes on the functions where they begin: nothing that
 * the process says about itself is needed.
 */
export class KernelWrites {
  /** False where the kernel cannot do it: no tracing, or not allowed. */
  static available(): boolean {
    if (!existsSync(`${TRACING}/kprobe_events`)) outcome(['mount', '-t', 'tracefs', 'tracefs', TRACING])
    return existsSync(`${TRACING}/kprobe_events`)
  }

  /** Begins to count. A probe on a module needs the module: call it when there are rules. */
  static begin(): KernelWrites {
    // A test that failed may have left its own behind.
    removeProbes()
    writeFileSync(`${TRACING}/trace`, '')
    for (const name of FUNCTIONS) placeProbe(name)
    writeFileSync(`${TRACING}/events/${GROUP}/enable`, '1')
    return new KernelWrites()
  }

  /** The functions that threads of this process have called so far, in order. */
  of(pid: number | undefined): string[] {
    return readFileSync(`${TRACING}/trace`, 'utf8')
      .split('\n')
      .map((line) => /-(\d+)\s+\[\d+\].*: (\w+): \(/.exec(line))
      .filter((match) => match?.[1] === String(pid))
      .map((match) => match?.[2] ?? '')
  }

  /** Takes the probes away. */
  end(): void {
    removeProbes()
  }
}

function removeProbes(): void {
  if (!existsSync(`${TRACING}/events/${GROUP}`)) return
  writeFileSync(`${TRACING}/events/${GROUP}/enable`, '0')
  for (const name of FUNCTIONS) {
    if (existsSync(`${TRACING}/events/${GROUP}/${name}`))
      appendFileSync(`${TRACING}/kprobe_events`, `-:${GROUP}/${name}\n`)
  }
}

function placeProbe(name: string): void {
  try {
    appendFileSync(`${TRACING}/kprobe_events`, `p:${GROUP}/${name} ${name}\n`)
  } catch (error) {
    // Nobody can write through a module that is not loaded. Linux 6.12 says EINVAL, 6.1 says ENOENT.
    const { code = '' } = error as NodeJS.ErrnoException
    if (!['ENOENT', 'EINVAL'].includes(code)) throw error
  }
}
