import { type RecordReading, readRecord } from '../record.ts'
import type { ObservedFile } from './file.ts'

/** What the file of the record says; something else in its place is as good as damaged. */
export function recordAt(file: ObservedFile | undefined): RecordReading {
  if (file === undefined || file.kind === 'file') return readRecord(file?.content.toString())
  return { kind: 'damaged', why: 'it is not a file' }
}
