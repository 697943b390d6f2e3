import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { codeOf } from './errors.ts'
import { isGuarded } from './is-guarded.ts'
import { seatName } from './seat-name.ts'

/** How long a guard may take to tell what it knows, in milliseconds. */
const TELL_MS = 2000

/** The report of a guard fits many times over. */
const MAX_REPORT_BYTES = 4 * 1024 * 1024

/** What the guard of a virtual server tells, as JSON; `undefined` when none runs here. Rejects when it does not make sense. */
export async function askGuard(virtual: string): Promise<unknown> {
  if (!isGuarded(virtual)) return undefined
  const text = await readAll(virtual)
  return text === undefined ? undefined : JSON.parse(text)
}

/** The virtual servers that are guarded in this network namespace. */
export function guardsHere(): string[] {
  const names = readFileSync('/proc/self/net/unix', 'latin1')
    .split('\n')
    .map((line) => / @lvscare\/([^/\s]+)\/+$/.exec(line)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}

function readAll(virtual: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(`\0${seatName(virtual)}`)
    let text = ''
    socket
      .setEncoding('utf8')
      .setTimeout(TELL_MS, () => socket.destroy(new Error('the guard does not answer')))
    socket.on('data', (more: string) => {
      text += more
      if (text.length > MAX_REPORT_BYTES) socket.destroy(new Error('the guard does not stop answering'))
    })
    socket.on('end', () => resolve(text))
    socket.on('error', (error) => (codeOf(error) === 'ECONNREFUSED' ? resolve(undefined) : reject(error)))
  })
}
