import type { Log } from '../src/log.ts'

/** One line of a {@link MemoryLog}. */
export interface Line {
  readonly level: keyof Log
  readonly message: string
  readonly fields: Record<string, unknown>
}

/** A log in memory. */
export class MemoryLog implements Log {
  readonly lines: Line[] = []

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message)
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message)
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message)
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message)
  }

  /** `level message`, and what has been said is forgotten. */
  take(): string[] {
    return this.lines.splice(0).map(({ level, message }) => `${level} ${message}`)
  }

  #add(level: keyof Log, fields: object, message: string): void {
    this.lines.push({ level, message, fields: { ...fields } })
  }
}
