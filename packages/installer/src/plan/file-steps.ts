import { MANIFESTS } from '../node/paths.ts'
import { type PlanContext, type Steps, staleFiles } from './context.ts'
import { type ObservedFile, sameFile, wantedFile } from './observe/file.ts'
import type { PlanStep } from './step.ts'
import { makeDirectoryStep } from './steps/directory.ts'
import { fileStep } from './steps/file.ts'
import { unitStep } from './steps/unit.ts'
import { kindOf } from './wanted.ts'

/** As kubeadm makes the folder of static pods; every other one is as directories are. */
const MANIFESTS_MODE = 0o700
const DIRECTORY_MODE = 0o755

type FileKind = ReturnType<typeof kindOf>

/** Makes the directories that are missing. */
export function directorySteps({ host, state }: PlanContext): Steps {
  return state.missingDirectories.map((path) =>
    makeDirectoryStep(host, path, path === MANIFESTS ? MANIFESTS_MODE : DIRECTORY_MODE),
  )
}

/** Writes the files of one kind that are not as they must be. */
export function writeSteps(context: PlanContext, kind: FileKind): Steps {
  const { wanted, state } = context
  return wanted.files
    .filter(({ path }) => kindOf(path) === kind)
    .flatMap(({ path, content, mode }) => {
      const before = state.files.get(path)
      const after = wantedFile(content, mode)
      const isUnit = kind === 'unit'
      if (sameFile(before, after) && (!isUnit || state.unitEnabled)) return []
      return [changeStep(context, path, before, after)]
    })
}

/** Removes the files of one kind that are ours and not wanted any more. */
export function removalSteps(context: PlanContext, kind: FileKind): Steps {
  return staleFiles(context)
    .filter(([path]) => kindOf(path) === kind)
    .map(([path, before]) => changeStep(context, path, before, undefined))
}

function changeStep(
  { host, state }: Pick<PlanContext, 'host' | 'state'>,
  path: string,
  before: ObservedFile | undefined,
  after: ObservedFile | undefined,
): PlanStep {
  const kind = kindOf(path)
  const change = { kind, path, before, after }
  return kind === 'unit' ? unitStep(host, change, state.unitEnabled) : fileStep(host, change)
}
