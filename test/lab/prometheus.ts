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

/** What a Prometheus may have besides its one target. */
export interface PrometheusOptions {
  /** Where it answers. */
  readonly address?: string
  /** Fields of its job: a name, relabelling. */
  readonly job?: object
  /** Rules, which it evaluates as often as it scrapes. */
  readonly rules?: object
  /** How often that is. Much to evaluate takes long where all is emulated. */
  readonly every?: string
}

/** An alert that is not inactive: its labels with its name, and whether it waits or fires. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>
  readonly state: 'pending' | 'firing'
}

/** A real Prometheus (Debian's package) that scrapes one target, unless told otherwise every second. */
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
  static async start(target: string, options: PrometheusOptions = {}): Promise<Prometheus> {
    const { address = '127.0.0.1:19090', job, rules = { groups: [] }, every = '1s' } = options
    const folder = mkdtempSync(join(tmpdir(), 'lvscare-prometheus-'))
    const config = join(folder, 'prometheus.json')
    // JSON is YAML.
    writeFileSync(join(folder, 'rules.json'), JSON.stringify(rules))
    const scrape = { job_name: 'lvscare', ...job, static_configs: [{ targets: [target] }] }
    const global = { scrape_interval: every, scrape_timeout: every, evaluation_interval: every }
    writeFileSync(config, JSON.stringify({ global, rule_files: ['rules.json'], scrape_configs: [scrape] }))
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
    const { result } = await this.#ask<Vector>(`query?query=${encodeURIComponent(expression)}`)
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  }

  /** The alerts that wait or fire now. */
  async alerts(): Promise<readonly ActiveAlert[]> {
    return (await this.#ask<{ alerts: readonly ActiveAlert[] }>('alerts')).alerts
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true })
  }

  async #ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#origin}/api/v1/${path}`)
    const { status, data, error } = (await response.json()) as Answer<T>
    if (status !== 'success') throw new Error(`Prometheus refuses ${path}: ${error}`)
    return data
  }

  async #isReady(): Promise<boolean> {
    if (this.#process.exitCode !== null) throw new Error(`Prometheus ended with ${this.#process.exitCode}`)
    const response = await fetch(`${this.#origin}/-/ready`).catch(() => undefined)
    return response?.ok === true
  }
}

/** What its HTTP API answers. */
interface Answer<T> {
  readonly status: string
  readonly error?: string
  readonly data: T
}

/** What an instant query is answered with. */
interface Vector {
  readonly result: readonly {
    readonly metric: Record<string, string>
    readonly value: readonly [number, string]
  }[]
}
