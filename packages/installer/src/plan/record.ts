import { messageOf } from 'lvscare'
import type { InstallerConfig } from '../config/config.ts'
import { isPlainObject } from '../config/fields.ts'
import { parseConfig } from '../config/parse.ts'
import type { RawConfig } from '../config/raw.ts'

/** Whether a node has joined its cluster: a control plane has another address in /etc/hosts afterwards. */
export const PHASES = ['before', 'after'] as const

/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number]

/** What was done to a node: enough to change it, to compare it, and to take it all back, without a parameter. */
export interface InstallerRecord {
  readonly phase: Phase
  /** What the node was set up with, or was about to be when something came in between. */
  readonly config: RawConfig
  /** What it was set up with before, as long as something of that may still be there. */
  readonly former: readonly RawConfig[]
  /** Directories that were missing and were made, those above before those in them. */
  readonly directories: readonly string[]
  /** Images that were missing and were imported. */
  readonly images: readonly string[]
}

/** What was found where the record should be. */
export type RecordReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly why: string }
  | {
      readonly kind: 'record'
      readonly record: InstallerRecord
      readonly config: InstallerConfig
      readonly former: readonly InstallerConfig[]
    }

/** Counted up when an older release could not make sense of it. */
const VERSION = 1

/** The text of a record: the same bytes for the same record. */
export function recordText({ phase, config, former, directories, images }: InstallerRecord): string {
  const document = {
    version: VERSION,
    phase,
    config,
    ...(former.length === 0 ? {} : { former }),
    ...(directories.length === 0 ? {} : { directories }),
    ...(images.length === 0 ? {} : { images }),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** Reads a record; what cannot be read says why, and is never thrown. */
export function readRecord(text: string | undefined): RecordReading {
  if (text === undefined) return { kind: 'none' }
  try {
    const record = parseRecord(JSON.parse(text))
    const config = parseConfig(record.config)
    return { kind: 'record', record, config, former: record.former.map((one) => parseConfig(one)) }
  } catch (error) {
    return { kind: 'damaged', why: messageOf(error) }
  }
}

/** True when two configurations say the same. */
export function sameConfig(a: RawConfig, b: RawConfig): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Throws RangeError with the rule that the document breaks; the configurations in it are not looked at. */
function parseRecord(document: unknown): InstallerRecord {
  if (!isPlainObject(document)) throw new RangeError('must be an object of JSON')
  const { version, phase, config, former = [], directories = [], images = [] } = document
  if (version !== VERSION) throw new RangeError(`must have the version ${VERSION}, not ${String(version)}`)
  const known = PHASES.find((one) => one === phase)
  if (known === undefined) throw new RangeError(`phase must be one of ${PHASES.join(', ')}`)
  if (!isPlainObject(config)) throw new RangeError('config must be an object')
  if (!Array.isArray(former) || !former.every(isPlainObject))
    throw new RangeError('former must be a list of objects')
  return {
    phase: known,
    config,
    former,
    directories: texts('directories', directories),
    images: texts('images', images),
  }
}

function texts(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw new RangeError(`${name} must be a list of texts`)
  return value
}
