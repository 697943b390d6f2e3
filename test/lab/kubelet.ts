import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { KubeletNews } from './kubelet-program.ts'
import type { NodeWorld } from './node-world.ts'
import { program } from './programs.ts'
import { waitFor } from './wait.ts'

/** The kubelet of a node: it does nothing before the node has been joined, as the real one. */
export class Kubelet {
  /** Everything it did so far. */
  readonly news: KubeletNews[] = []
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>

  constructor(node: NodeWorld) {
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
    this.#process = node.spawn([process.execPath, program('kubelet')], { stdio: [...stdio] })
    this.#ended = once(this.#process, 'exit')
    this.#process.on('message', (news: KubeletNews) => this.news.push(news))
  }

  /** What it did of that sort, to whom. */
  of(event: KubeletNews['event']): string[] {
    return this.news.filter((news) => news.event === event).map(({ subject }) => subject)
  }

  /** Waits for the `count`-th event of that sort. */
  async did(event: KubeletNews['event'], count: number, limitMs: number): Promise<KubeletNews> {
    return await waitFor(`${event} number ${count} of kubelet`, limitMs, () =>
      this.news.filter((news) => news.event === event).at(count - 1),
    )
  }

  /** Ends it, with every pod: as a node that is switched off in order. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM')
    await this.#ended
  }
}
