import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { WantedPod } from './kubelet-manifests.ts'
import { watchProbes } from './kubelet-probes.ts'
import { sandbox } from './kubelet-sandbox.ts'

/** What kubelet did, for the test. */
export type PodEvent = 'started' | 'ready' | 'unhealthy' | 'exited' | 'stopped'

/** What kubelet waits before it starts a container again that has ended; the real one begins with ten seconds. */
const BACKOFF_MS = 500

/** Kubelet's own default, for pods that do not say. */
const GRACE_SECONDS = 30

/** One static pod that runs, until it is stopped. */
export class StaticPod {
  readonly wanted: WantedPod
  readonly #report: (event: PodEvent, detail: string) => void
  readonly #stop = new AbortController()
  readonly #over: Promise<void>

  constructor(wanted: WantedPod, report: (event: PodEvent, detail: string) => void) {
    this.wanted = wanted
    this.#report = report
    this.#over = this.#run()
  }

  /** SIGTERM, and SIGKILL after the grace period; resolves when it is over. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#over
    this.#report('stopped', '')
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    for (let backoff = BACKOFF_MS; !signal.aborted; backoff = Math.min(backoff * 2, 5000)) {
      await this.#runOnce(signal)
      if (signal.aborted) return
      await delay(backoff, undefined, { signal }).catch(() => undefined)
    }
  }

  async #runOnce(stop: AbortSignal): Promise<void> {
    const { argv, env } = sandbox(this.wanted.pod)
    const log = openSync(`/run/${this.wanted.name.replaceAll('/', '_')}.log`, 'a')
    const [program, ...args] = argv
    const child = spawn(program, args, { env, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#report('started', `${child.pid}`)
    const over = new AbortController()
    const end = (): void => void this.#end(child, over.signal)
    stop.addEventListener('abort', end)
    const probes = watchProbes(this.wanted.pod, over.signal, (event, detail) => {
      this.#report(event, detail)
      if (event === 'unhealthy') end()
    })
    const [code, signal] = await once(child, 'exit')
    stop.removeEventListener('abort', end)
    over.abort()
    await probes
    this.#report('exited', String(code ?? signal))
  }

  /** A signal to the process, and a stronger one when it is still there after the grace period. */
  async #end(child: ChildProcess, over: AbortSignal): Promise<void> {
    const seconds = this.wanted.pod.spec?.terminationGracePeriodSeconds ?? GRACE_SECONDS
    child.kill('SIGTERM')
    await delay(seconds * 1000, undefined, { signal: over }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    )
  }
}
