import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from './wait.ts'

/** A sample of an instant query: its labels and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A real Prometheus (Debian's package) that scrapes one target every second. */
export class Prometheus {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #origin: string

  private constructor(process: ChildProcess, folder: string, origin: string) {
    this.#process = process
    this.#folder = folder
    this.#origin = origin
  }

  /** Starts one that scrapes `http://TARGET/metrics`; resolves when it answers queries. */
  static async start(target: string, address = '127.0.0.1:19090'): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'lvscare-prometheus-'))
    const config = join(folder, 'prometheus.json')
    // JSON is YAML.
    const scrape = { job_name: 'lvscare', static_configs: [{ targets: [target] }] }
    const global = { scrape_interval: '1s', scrape_timeout: '1s' }
    writeFileSync(config, JSON.stringify({ global, scrape_configs: [scrape] }))
    const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`]
    const child = spawn('prometheus', [...args, `--web.listen-address=${address}`, '--log.level=error'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const prometheus = new Prometheus(child, folder, `http://${address}`)
    await waitFor('Prometheus', 120_000, () => prometheus.#isReady())
    return prometheus
  }

  /** The samples of an expression now. */
  async query(expression: string): Promise<Sample[]> {
    const response = await fetch(`${this.#origin}/api/v1/query?query=${encodeURIComponent(expression)}`)
    const { status, data } = (await response.json()) as Answer
    if (status !== 'success') throw new Error(`Prometheus does not understand ${expression}`)
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true })
  }

  async #isReady(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error(`Prometheus ended with ${this.#process.exitCode}`)
    const response = await fetch(`${this.#origin}/-/ready`).catch(() => undefined)
    return response?.ok === true
  }
}

/** What its HTTP API answers. */
interface Answer {
  readonly status: string
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>
      readonly value: readonly [number, string]
    }[]
  }
}
