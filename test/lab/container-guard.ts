import { readFileSync } from 'node:fs'
import type { Pod } from 'kubernetes-types/core/v1.js'
import { containerCommand, containerFlags } from './container-flags.ts'
import type { Containerd } from './containerd.ts'
import { outcome } from './exec.ts'
import { GuardProcess } from './guard.ts'

/** The guard of a static pod, in a container as its manifest says. */
export class ContainerGuard {
  /** `ctr`, which waits for the container and passes on what the guard says. */
  readonly guard: GuardProcess
  readonly #containerd: Containerd
  readonly #id: string

  constructor(containerd: Containerd, id: string, image: string, pod: Pod) {
    this.#containerd = containerd
    this.#id = id
    const granted = containerd.defaults().process.capabilities['bounding'] ?? []
    const [program, ...run] = containerd.command('run', '--rm', ...containerFlags(pod, granted), image, id)
    this.guard = new GuardProcess(containerCommand(pod), {}, [program, ...run])
  }

  /** Sends the guard itself a signal; resolves with how the container ended. */
  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | NodeJS.Signals> {
    this.#containerd.ctr('tasks', 'kill', '--signal', signal, this.#id)
    return await this.guard.ended
  }

  /** Runs one more program in the container, as `kubectl exec` does. */
  exec(...argv: string[]): ReturnType<typeof outcome> {
    return outcome(
      this.#containerd.command('tasks', 'exec', '--exec-id', `exec-${argv.length}`, this.#id, ...argv),
    )
  }

  /** A field of the status that the kernel shows of the guard's process. */
  status(field: string): string {
    const text = this.#proc('status')
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? ''
  }

  /** The options of the guard's root file system. */
  rootOptions(): string[] {
    const root = this.#proc('mounts')
      .split('\n')
      .find((line) => line.split(' ')[1] === '/')
    return root?.split(' ')[3]?.split(',') ?? []
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#containerd.pidOf(this.#id)}/${file}`, 'utf8')
  }
}
