import { HOSTS_FILE, isWrittenByUs, MANIFESTS, RECORD_FILE } from '../node/paths.ts'
import { readStaticPod } from '../pod/read.ts'
import type { InstallerFinding } from '../validate/finding.ts'
import { type FindingKinds, reporter } from '../validate/report.ts'
import type { ObservedFile } from './observe/file.ts'
import type { NodeState } from './observe/observe.ts'

const KINDS = {
  'not-a-file': {
    severity: 'error',
    why: 'the installer replaces files, and would replace this instead of what it stands for',
    fix: 'Put a plain file there, or take it away.',
  },
  'foreign-file': {
    severity: 'error',
    why: 'nobody would have it back when it is replaced',
    fix: 'Move it away, or use force to replace it.',
  },
  'record-damaged': {
    severity: 'error',
    why: 'what it knows of this node, and nobody else does, would be forgotten',
    fix: 'Use the release that wrote it, or use force to write a new one.',
  },
  'image-missing': {
    severity: 'warning',
    why: 'no registry has it, so the guard cannot start',
    fix: 'Give the file with it as imageArchive, import it before, or name an image that can be pulled.',
  },
} as const

/** Findings about what is on a node already. */
export const PLAN_KINDS: FindingKinds = KINDS

const report = reporter(KINDS)

/**
 * Errors that an operator may pass over with force: what they protect is a file, or the good sense of /etc/hosts. All others
 * are about a configuration that would not work.
 */
export const FORCEABLE: readonly string[] = [
  'foreign-file',
  'hosts-block-damaged',
  'hosts-foreign-line',
  'record-damaged',
  'second-guard',
]

/** With force, errors that may be passed over are warnings. */
export function forced(findings: readonly InstallerFinding[], force: boolean): readonly InstallerFinding[] {
  if (!force) return findings
  return findings.map((one) =>
    one.severity === 'error' && FORCEABLE.includes(one.code) ? { ...one, severity: 'warning' } : one,
  )
}

/** True for a file at one of our paths that we wrote, or that the installer of another release did. */
export function isOurs(path: string, { kind, content }: ObservedFile): boolean {
  if (kind !== 'file') return false
  const text = content.toString()
  return path.startsWith(`${MANIFESTS}/`) ? !readStaticPod(text).foreign : isWrittenByUs(text)
}

/** What stands in the way at the paths that are to be written. */
export function fileFindings(
  paths: readonly string[],
  files: ReadonlyMap<string, ObservedFile>,
): readonly InstallerFinding[] {
  const kinds = [...paths, HOSTS_FILE, RECORD_FILE].flatMap((path) => {
    const file = files.get(path)
    return file === undefined || file.kind === 'file' ? [] : [notAFile(path, file)]
  })
  const foreign = paths.flatMap((path) => {
    const file = files.get(path)
    return file?.kind === 'file' && !isOurs(path, file) ? [foreignFile(path, file)] : []
  })
  return [...kinds, ...foreign]
}

function notAFile(path: string, { kind }: ObservedFile): InstallerFinding {
  const what = kind === 'directory' ? 'a directory' : 'a link, or something else that is no plain file'
  return report('not-a-file', path, `${path} is ${what}`)
}

function foreignFile(path: string, { content }: ObservedFile): InstallerFinding {
  const reading = path.startsWith(`${MANIFESTS}/`) ? readStaticPod(content.toString()) : undefined
  const why = reading?.foreign === true ? `it ${reading.why}` : 'it does not begin as our files do'
  return report('foreign-file', path, `${path} was written by somebody else (${why})`)
}

/** What is wrong with the record, and with the image of the guard. */
export function stateFindings(
  { record, image }: Pick<NodeState, 'record' | 'image'>,
  wanted: { readonly image: string; readonly imageArchive: string | undefined },
): readonly InstallerFinding[] {
  return [
    ...(record.kind === 'damaged'
      ? [report('record-damaged', RECORD_FILE, `${RECORD_FILE} cannot be read (${record.why})`)]
      : []),
    ...(image === false && wanted.imageArchive === undefined && wanted.image.startsWith('localhost/')
      ? [report('image-missing', 'image', `the image ${wanted.image} is not on this node`)]
      : []),
  ]
}

/** For who takes everything back, a record that cannot be read is only a pity, and a link in place of a file is left as it is. */
export function uninstallFindings({
  record,
  files,
}: Pick<NodeState, 'record' | 'files'>): readonly InstallerFinding[] {
  return [
    ...stateFindings({ record, image: undefined }, { image: '', imageArchive: undefined }),
    ...fileFindings([], files),
  ].map((one) => ({ ...one, severity: 'warning' }))
}
