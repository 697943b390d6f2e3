import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { plain } from './plain.ts'

/** How much is kept while the terminal takes nothing (Ctrl-S), in bytes. */
const MAX_UNWRITTEN = 256 * 1024

/** Writes bytes from an offset on and returns how many; throws as `writeSync` of Node does. */
type Write = (fd: number, bytes: Uint8Array, from: number) => number

/** Colours of the levels, as SGR parameters (ECMA-48): yellow and red for what matters, the rest faint or as it is. */
const COLOURS: ReadonlyMap<string, string> = new Map([
  ['trace', '2'],
  ['debug', '2'],
  ['warn', '33'],
  ['error', '31'],
  ['fatal', '1;31'],
])

/** Fields that have a place of their own in the line. */
const PLACED: ReadonlySet<string> = new Set(['level', 'time', 'msg'])

/**
 * A destination for the logger that turns its JSON into lines for people.
 *
 * Written synchronously and never throwing, as the JSON is: what a terminal does not take is kept up to a limit, then dropped.
 */
export function prettyStream(fd: number, write: Write = writeSync): { write(line: string): void } {
  const colour = hasColours(fd)
  let unwritten: Uint8Array = new Uint8Array()
  return {
    write(line) {
      const more = Buffer.from(prettyLine(line, colour))
      if (unwritten.length + more.length <= MAX_UNWRITTEN) unwritten = Buffer.concat([unwritten, more])
      unwritten = writeSome(unwritten, (bytes, from) => write(fd, bytes, from))
    },
  }
}

/** `12:34:56.789 WARN  server state changed  server=192.0.2.1:6443 from=up to=draining`; what is no record stays as it is. */
export function prettyLine(line: string, colour = false): string {
  const record = recordOf(line)
  if (record === undefined) return `${plain(line).trim()}\n`
  const { level, time, msg } = record
  const fields = Object.entries(record).filter(([name]) => !PLACED.has(name))
  const parts = [
    `${clockOf(time)} ${levelOf(String(level ?? ''), colour)} ${plain(String(msg ?? ''))}`,
    ...(fields.length > 0 ? [fields.map(([name, value]) => `${plain(name)}=${shown(value)}`).join(' ')] : []),
  ]
  return `${parts.join('  ')}\n`
}

/** Local time: whoever sits at the terminal has a clock on the wall. */
function clockOf(time: unknown): string {
  const date = new Date(String(time))
  if (Number.isNaN(date.getTime())) return plain(String(time ?? '-'))
  const two = (value: number): string => String(value).padStart(2, '0')
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`
}

function levelOf(level: string, colour: boolean): string {
  const text = plain(level).toUpperCase().padEnd(5)
  const sgr = COLOURS.get(level)
  return colour && sgr !== undefined ? `\u001b[${sgr}m${text}\u001b[0m` : text
}

/** A value that could be taken for more than one is in quotes. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"'={}[\],]+$|^\[[^\s"'={},]*$/.test(value)) return plain(value)
  return plain(JSON.stringify(value) ?? 'undefined')
}

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Returns what could not be written; a log that cannot be written is no reason to stop guarding. */
function writeSome(bytes: Uint8Array, write: (bytes: Uint8Array, from: number) => number): Uint8Array {
  let at = 0
  try {
    while (at < bytes.length) at += write(bytes, at)
  } catch {
    // EAGAIN, ENOSPC, EPIPE: the rest is tried again with the next line.
  }
  return bytes.subarray(at)
}

/** Node knows the variables that speak of colours, such as NO_COLOR; it is asked of a terminal only. */
function hasColours(fd: number): boolean {
  return fd === 2 && isatty(fd) && process.stderr.hasColors()
}
