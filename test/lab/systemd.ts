import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { exec, execWith, outcome } from './exec.ts'
import type { LogLine } from './guard.ts'
import { singleFile } from './programs.ts'
import { waitFor } from './wait.ts'

/** What is in deploy/systemd. */
export const UNITS: string = fileURLToPath(new URL('../../deploy/systemd', import.meta.url))

const GROUP = '/sys/fs/cgroup/lvscare-systemd'
const CONFIG = '/etc/lvscare'
const LIMIT_MS = 60_000

/** A whole boot in emulation, beside another machine. */
const BOOT_LIMIT_MS = 180_000

/**
 * What PID 1 of a host finds: its own /run, the units of deploy/systemd and the one of a kubelet on standard input, the program
 * where the units look for it, and a /tmp from which nothing may be executed, as hardened hosts have it. What else Debian
 * would start at boot is none of our business, so those folders are empty. Mounts are shared as PID 1 of a machine shares
 * them: credentials come into a service that way.
 */
const BOOT = `
mount --make-rshared /
umount /sys/fs/cgroup
mount -t cgroup2 cgroup /sys/fs/cgroup
for place in /run /etc/systemd/system /usr/local/bin ${CONFIG}; do mount -t tmpfs -o mode=755 lab "$place"; done
for target in sysinit local-fs multi-user timers; do
  if [ -d /lib/systemd/system/$target.target.wants ]; then mount -t tmpfs lab /lib/systemd/system/$target.target.wants; fi
done
: >/usr/local/bin/lvscare
mount --bind "$1" /usr/local/bin/lvscare
cp "$2"/*.service /etc/systemd/system
cat >/etc/systemd/system/kubelet.service
printf '%s\\n' "$3" >${CONFIG}/lvscare.env
mount -t tmpfs -o noexec,mode=1777 lab /tmp
systemctl --quiet enable lvscare-rule.service lvscare.service kubelet.service
export container=lab
exec /lib/systemd/systemd --system --unit=multi-user.target --show-status=0 --log-target=null
`

/** Debian's systemd as PID 1 of a host that shares the network of this machine, and its guard. */
export class SystemdHost {
  readonly #process: ChildProcess
  readonly #pid: string
  /** Made here: to be taken away again. */
  readonly #folder: string | undefined

  private constructor(process: ChildProcess, pid: string, folder: string | undefined) {
    this.#process = process
    this.#pid = pid
    this.#folder = folder
  }

  /** Boots it, with the unit of a kubelet and what is in lvscare.env; resolves when everything that it starts has been started. */
  static async boot(kubelet: string, environment: readonly string[]): Promise<SystemdHost> {
    mkdirSync(GROUP, { recursive: true })
    const made = mkdirSync(CONFIG, { recursive: true })
    const inside = ['--cgroup', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child']
    const script = `echo $$ >${GROUP}/cgroup.procs; exec unshare ${inside.join(' ')} sh -euc '${BOOT.replaceAll("'", "'\\''")}' boot "$@"`
    const args = ['-euc', script, 'boot', singleFile(), UNITS, environment.join('\n')]
    const child = spawn('sh', args, {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'] },
    })
    child.stdin?.end(kubelet)
    const pid = await waitFor('PID 1 of the host', LIMIT_MS, () => {
      if (child.exitCode !== null) throw new Error(`the host ended with ${child.exitCode} instead of booting`)
      return firstChild(child.pid)
    })
    const host = new SystemdHost(child, pid, made)
    try {
      await waitFor('the boot', BOOT_LIMIT_MS, () => host.#isUp())
    } catch (error) {
      // Its services would go on guarding, whatever is tested next.
      await host.cutPower()
      throw error
    }
    return host
  }

  /** Runs a program on the host; throws when it fails. */
  run(...command: string[]): string {
    return exec('nsenter', '-t', this.#pid, '-m', '-p', ...command)
  }

  /** A property of a unit, as `systemctl show` names it. */
  property(unit: string, name: string): string {
    return this.run('systemctl', 'show', '--value', '-p', name, unit).trim()
  }

  /** The number of the unit's process on the host. */
  pidOf(unit: string): string {
    return this.property(unit, 'MainPID')
  }

  /** What the unit's process is, in the words of proc(5). */
  statusOf(unit: string): Map<string, string> {
    const lines = this.run('cat', `/proc/${this.pidOf(unit)}/status`).split('\n')
    return new Map(lines.map((line) => [line.replace(/:.*/, ''), line.replace(/^[^:]*:\s*/, '')]))
  }

  /** What the unit has logged since it was started last, of that message if one is given. */
  records(unit: string, message?: string): LogLine[] {
    const id = this.property(unit, 'InvocationID')
    const lines = this.run('journalctl', '-o', 'cat', `_SYSTEMD_INVOCATION_ID=${id}`).split('\n')
    const log: LogLine[] = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    return log.filter(({ msg }) => message === undefined || msg === message)
  }

  /** Writes a file of the host. */
  write(path: string, text: string): void {
    execWith(
      text,
      'nsenter',
      '-t',
      this.#pid,
      '-m',
      'sh',
      '-c',
      'mkdir -p "$(dirname "$1")" && cat >"$1"',
      'write',
      path,
    )
  }

  /** A process of the host in another network namespace, as that of a container is. */
  startIn(namespace: string): void {
    const command = ['ip', 'netns', 'exec', namespace, 'sleep', 'infinity']
    spawn('nsenter', ['-t', this.#pid, '-p', ...command], { stdio: 'ignore' }).unref()
  }

  /** Switches it off as a power cut would. */
  async cutPower(): Promise<void> {
    writeFileSync(`${GROUP}/cgroup.kill`, '1')
    await once(this.#process, 'close')
    const groups = exec('find', GROUP, '-depth', '-type', 'd').trim().split('\n')
    for (const group of groups) await waitFor(`the end of ${group}`, LIMIT_MS, () => removed(group))
    if (this.#folder !== undefined) rmdirSync(this.#folder)
  }

  #isUp(): boolean {
    const { stdout } = outcome(['nsenter', '-t', this.#pid, '-m', '-p', 'systemctl', 'is-system-running'])
    return /^(running|degraded)$/m.test(stdout)
  }
}

function firstChild(pid: number | undefined): string | undefined {
  return /\d+/.exec(outcome(['pgrep', '-P', String(pid)]).stdout)?.[0]
}

function removed(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch {
    // Its last process is still ending.
    return false
  }
}
