import { pino } from 'pino'
import type { LogLevel } from './config.ts'
import { codeOf, messageOf } from './errors.ts'
import { type Failure, isEssential, type Pass } from './pass.ts'

/** What is used of a logger: constant messages, fields for the rest. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** How much of the log is kept while nobody takes it, in characters. */
const MAX_UNWRITTEN = 256 * 1024

/** Where lines of JSON go instead of stderr: made readable for people. */
export interface LogStream {
  write(line: string): void
}

/** Lines on stderr, as JSON unless a stream takes them. Written synchronously: the last line before a crash is the one that matters. */
export function createLog(level: LogLevel, stream: LogStream = stderr()): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream)
}

function stderr(): LogStream {
  const destination = pino.destination({
    dest: 2,
    sync: true,
    retryEAGAIN: () => false,
    maxLength: MAX_UNWRITTEN,
  })
  // A full disk, a closed pipe or a reader that stalls must not take the guard down: what cannot be written is kept until
  // it can, up to a limit, and then dropped. Waiting for the reader would stop probes and passes.
  destination.on('error', () => undefined)
  return destination
}

/** One line for each step of a pass and for each failure. */
export function logPass(log: Log, pass: Pass): void {
  for (const { piece, kind, subject, found } of pass.applied)
    log.info({ piece, kind, subject, found }, 'step applied')
  for (const failure of pass.failures) logFailure(log, failure, failureFields(failure))
}

/** One line for a failure: an error, or a warning about what the path works without. */
export function logFailure(log: Log, failure: Failure, fields: object): void {
  if (isEssential(failure)) log.error(fields, 'step failed')
  else log.warn(fields, 'step failed')
}

/** The fields of a failure: what was tried, and what the kernel said. */
export function failureFields({ piece, step, error }: Failure): Record<string, string | undefined> {
  return {
    piece,
    kind: step?.kind ?? 'observe',
    subject: step?.subject,
    code: codeOf(error),
    error: messageOf(error),
  }
}
