import { dirname } from 'node:path/posix'
import type { NodeHost } from '../../host/host.ts'
import { type ObservedFile, wantedFile } from '../observe/file.ts'
import { type InstallerRecord, recordText } from '../record.ts'
import type { PlanStep } from '../step.ts'
import { removeIfEmpty } from './directory.ts'
import { ancestorsOf, type FileChange, fileStep } from './file.ts'

/** The record has what a header with a token may say: for root alone. */
const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o755

/** The file of a record. */
export function recordFile(record: InstallerRecord): ObservedFile {
  return wantedFile(recordText(record), FILE_MODE)
}

/**
 * Writes the record, before anything that it tells of, and the directories it needs; or removes both. `made` are those above its
 * own directory that were missing before us.
 */
export function recordStep(
  host: NodeHost,
  path: string,
  { before, after }: Pick<FileChange, 'before' | 'after'>,
  made: readonly string[],
): PlanStep {
  const file = fileStep(host, { kind: 'record', path, before, after })
  const make = async (): Promise<void> => {
    for (const directory of ancestorsOf(path)) await host.makeDirectory(directory, DIRECTORY_MODE)
  }
  // Nobody else has a use for a directory of that name: it goes whenever it is empty, whoever made it.
  const clear = async (): Promise<void> => {
    for (const directory of [...made, dirname(path)].reverse()) await removeIfEmpty(host, directory)
  }
  return {
    ...file,
    run: async (signal) => {
      if (after !== undefined) await make()
      await file.run(signal)
      if (after === undefined) await clear()
    },
    undo: async () => {
      if (before !== undefined) await make()
      await file.undo?.()
      if (before === undefined) await clear()
    },
  }
}
