import { messageOf, plain } from 'lvscare'
import type { ApplyEvent } from '../plan/step.ts'
import type { InstallerCliHost } from './host.ts'

/** How far the work is, on standard error. */
export interface Progress {
  event(event: ApplyEvent): void
  /** What a program on a node prints, as it comes. */
  output(host: string, text: string): void
  /** Ends the line that is still open. */
  end(): void
}

/** How progress is shown. */
export interface ProgressStyle {
  /** Events as lines of JSON. */
  readonly json: boolean
  /** More than one node: every line names its node, and none is updated. */
  readonly several: boolean
}

/** To the first column, and everything on the line away. */
const AGAIN = '\r\u001b[K'

/** What became of a step, for people. */
const WORDS: Readonly<Record<ApplyEvent['type'], string>> = {
  start: 'begun',
  done: 'done',
  failed: 'FAILED',
  undo: 'is taken back',
  undone: 'taken back',
  'undo-failed': 'NOT TAKEN BACK',
}

/** The progress for this standard error: lines of JSON, one line that changes, or plain lines. */
export function progressOf(host: InstallerCliHost, { json, several }: ProgressStyle): Progress {
  if (json) return jsonProgress(host)
  return host.isTerminal && !several ? terminalProgress(host) : plainProgress(host)
}

function jsonProgress({ stderr }: InstallerCliHost): Progress {
  const lines = new Lines((name, output) =>
    stderr(`${JSON.stringify({ type: 'output', host: name, output })}\n`),
  )
  return {
    event: ({ type, host, step: { id, kind, title }, error }) => {
      const why = error === undefined ? {} : { error: messageOf(error) }
      stderr(`${JSON.stringify({ type, host, step: { id, kind, title }, ...why })}\n`)
    },
    output: (name, text) => lines.add(name, text),
    end: () => lines.end(),
  }
}

function plainProgress({ stderr }: InstallerCliHost): Progress {
  const lines = new Lines((name, line) => stderr(`${name}: | ${line}\n`))
  return {
    event: (event) => {
      // Who reads a log wants to know what became of a step; one that waits is no news.
      if (event.type !== 'start' && event.type !== 'undo') stderr(`${event.host}: ${sentenceOf(event)}\n`)
    },
    output: (name, text) => lines.add(name, text),
    end: () => lines.end(),
  }
}

function terminalProgress({ stderr }: InstallerCliHost): Progress {
  const lines = new Lines((_name, line) => stderr(`${AGAIN}  | ${line}\n`))
  let open = false
  return {
    event: (event) => {
      open = event.type === 'start' || event.type === 'undo'
      stderr(`${AGAIN}${open ? `... ${event.step.title}` : `${sentenceOf(event)}\n`}`)
    },
    output: (name, text) => lines.add(name, text),
    end: () => {
      lines.end()
      if (open) stderr(AGAIN)
      open = false
    },
  }
}

function sentenceOf({ type, step, error }: ApplyEvent): string {
  return `${step.title}: ${WORDS[type]}${error === undefined ? '' : `: ${messageOf(error)}`}`
}

/** Whole lines of what comes in pieces, for each node by itself: half a secret would not be found. */
class Lines {
  readonly #print: (host: string, line: string) => void
  readonly #rest = new Map<string, string>()

  constructor(print: (host: string, line: string) => void) {
    this.#print = print
  }

  add(host: string, text: string): void {
    const lines = `${this.#rest.get(host) ?? ''}${text}`.split(/\r?\n/)
    this.#rest.set(host, lines.pop() ?? '')
    for (const line of lines) this.#print(host, plain(line))
  }

  end(): void {
    for (const [host, line] of this.#rest) if (line !== '') this.#print(host, plain(line))
    this.#rest.clear()
  }
}
