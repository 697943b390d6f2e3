import { type Endpoint, parseEndpoint } from '../endpoint.ts'
import { messageOf, NoGuardError } from '../errors.ts'
import { plain } from '../plain.ts'
import { sleep } from '../time.ts'
import { type FindRules, findRules } from './kernel.ts'
import { Output, type OutputStream } from './output.ts'
import { parseReport } from './parse.ts'
import { kernelReport, type Unguarded } from './report.ts'
import type { StatusReport } from './shape.ts'
import { statusText } from './table.ts'

/** What `lvscare status` was asked to show. */
export interface StatusOptions {
  /** `undefined`: every virtual server of this network namespace. */
  readonly virtual: Endpoint | undefined
  readonly json: boolean
  /** Again every second, until stopped. */
  readonly watch: boolean
}

/** The guards of this network namespace; see seat.ts. */
export interface Guards {
  /** What the guard of a virtual server tells; `undefined` when there is none. */
  askGuard(virtual: string): Promise<unknown>
  /** The virtual servers that are guarded. */
  guardsHere(): string[]
}

/** Everything the command touches outside itself. */
export interface StatusHost {
  readonly stdout: OutputStream
  readonly guards: Guards
  readonly findRules?: FindRules
  /** Pause between two looks, in milliseconds; a test hands in a shorter one. */
  readonly againMs?: number
}

/** Pause between two looks of `--watch`, in milliseconds. */
const AGAIN_MS = 1000

/**
 * `lvscare status`: prints what the guards know, or what the kernel has when none runs.
 *
 * Throws {@link NoGuardError} when there is nothing to show, and what the kernel says when it cannot be read. Ends without
 * an error when nobody reads its output any more.
 */
export async function runStatus(options: StatusOptions, host: StatusHost, stop: AbortSignal): Promise<void> {
  const output = new Output(host.stdout)
  await output.write(show(await look(options.virtual, host), options, host.stdout))
  while (options.watch && output.open) {
    await sleep(host.againMs ?? AGAIN_MS, stop)
    if (stop.aborted) return
    await output.write(await lookAgain(options, host))
  }
}

/** Once begun, a watch goes on over whatever happens: it is there to see things break and come back. */
async function lookAgain(options: StatusOptions, host: StatusHost): Promise<string> {
  try {
    return show(await look(options.virtual, host), options, host.stdout)
  } catch (error) {
    return show([], options, host.stdout, messageOf(error))
  }
}

async function look(virtual: Endpoint | undefined, host: StatusHost): Promise<StatusReport[]> {
  const reports = await findReports(virtual, host)
  if (reports.length === 0) throw new NoGuardError(virtual?.text)
  return reports
}

/** What {@link findReports} asks. */
export type Informants = Pick<StatusHost, 'guards' | 'findRules'>

/** What the guards tell; when none does, what the kernel has. Rejects with what the kernel says when it cannot be read. */
export async function findReports(virtual: Endpoint | undefined, host: Informants): Promise<StatusReport[]> {
  const names = virtual === undefined ? host.guards.guardsHere() : [virtual.text]
  const told = await Promise.all(names.map((name) => ask(name, host)))
  const reports = told.filter((report) => report !== undefined)
  if (reports.length > 0) return reports
  const rules = (host.findRules ?? findRules)(virtual)
  return rules.map((rule) => kernelReport({ virtual: rule.virtual, rule }))
}

/** `undefined` when there is no guard. One that does not make itself understood is no reason to show nothing. */
async function ask(name: string, host: Informants): Promise<StatusReport | undefined> {
  try {
    const answer = await host.guards.askGuard(name)
    return answer === undefined ? undefined : parseReport(answer)
  } catch (error) {
    return kernelReport(withoutGuard(name, messageOf(error), host.findRules ?? findRules))
  }
}

function withoutGuard(name: string, guardError: string, find: FindRules): Unguarded {
  try {
    const [rule] = find(parseEndpoint(name))
    return { virtual: name, rule, guardError }
  } catch (error) {
    return { virtual: name, rule: undefined, guardError, kernelError: messageOf(error) }
  }
}

/** One look as text: a line of JSON, or a page that on a terminal takes the place of the one before. */
function show(
  services: readonly StatusReport[],
  { json, watch }: StatusOptions,
  { isTTY = false }: OutputStream,
  error: string | null = null,
): string {
  if (json) return `${JSON.stringify({ services, error })}\n`
  const page = error === null ? statusText(services) : `${plain(error)}\n`
  if (!watch) return page
  return isTTY ? `${TO_THE_TOP}${page}` : `${page}\n`
}

/** Cursor to the first line, and everything below it away. */
const TO_THE_TOP = '\u001b[H\u001b[J'
