import { dirname } from 'node:path/posix'
import { HostError } from '../../errors.ts'
import type { NodeHost } from '../../host/host.ts'
import { permissionsOf } from '../../node/cloud-init.ts'
import { type ObservedFile, readObserved, sameFile } from '../observe/file.ts'
import { shownText } from '../shown.ts'
import type { PlanStep, StepKind } from '../step.ts'

/** A file as it was found, and as it is to be; `undefined`: no such file. */
export interface FileChange {
  readonly kind: StepKind
  readonly path: string
  readonly before: ObservedFile | undefined
  readonly after: ObservedFile | undefined
}

/**
 * Writes or removes one file. What somebody else did to it since it was looked at is never overwritten, neither by the
 * step nor when it is taken back.
 */
export function fileStep(host: NodeHost, change: FileChange): PlanStep {
  const { kind, path, before, after } = change
  /** A step that found something else there has done nothing that could be taken back. */
  let isBegun = false
  return {
    id: `${kind} ${path}`,
    kind,
    title: titleOf(change),
    before: before && shownText(kind, before.content.toString()),
    after: after && shownText(kind, after.content.toString()),
    reversible: true,
    run: async () => {
      isBegun = false
      await replace(host, path, { from: before, to: after }, () => {
        isBegun = true
      })
    },
    undo: async () => {
      if (isBegun) await replace(host, path, { from: after, to: before })
    },
  }
}

/**
 * Makes a file what it is `to` be, unless it is so already; rejects where it is not what it was `from`. `begin` is called before the
 * first change.
 */
export async function replace(
  host: NodeHost,
  path: string,
  { from, to }: { readonly from: ObservedFile | undefined; readonly to: ObservedFile | undefined },
  begin: () => void = () => {},
): Promise<void> {
  const now = await readObserved(host, path)
  if (sameFile(now, to)) return
  if (!sameFile(now, from))
    throw new HostError(`${host.name}: ${path} was changed by somebody else meanwhile: it is left as it is`)
  begin()
  if (to === undefined) await host.remove(path)
  else await host.writeFileAtomic(path, to.content, to.mode)
}

function titleOf({ path, before, after }: FileChange): string {
  if (after === undefined) return `remove ${path}`
  if (before === undefined) return `write ${path} (mode ${permissionsOf(after.mode)})`
  const mode =
    before.mode === after.mode ? '' : ` (mode ${permissionsOf(before.mode)} -> ${permissionsOf(after.mode)})`
  return before.content.equals(after.content) ? `set the mode of ${path}${mode}` : `change ${path}${mode}`
}

/** The directories that lead to a path, from the top, without the root. */
export function ancestorsOf(path: string): string[] {
  const above = dirname(path)
  return above === '/' || above === '.' ? [] : [...ancestorsOf(above), above]
}
