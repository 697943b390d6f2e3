import { isGuarded } from '../config/config.ts'
import { rawConfig } from '../config/parse.ts'
import { RECORD_FILE } from '../node/paths.ts'
import { type PlanContext, type Steps, staleRules } from './context.ts'
import { sameFile } from './observe/file.ts'
import type { InstallerRecord } from './record.ts'
import { recordFile, recordStep } from './steps/record.ts'
import { ownPaths } from './wanted.ts'

/** The steps that everything else stands between: the record tells of what is about to be done before it is done. */
export function recordSteps(context: PlanContext): { readonly first: Steps; readonly last: Steps } {
  const { host, state } = context
  const found = state.files.get(RECORD_FILE)
  const wide = recordFile(recordOf(context, leavesSomething(context)))
  const settled = recordFile(recordOf(context, []))
  const first = sameFile(found, wide)
    ? []
    : [recordStep(host, RECORD_FILE, { before: found, after: wide }, state.missingAbove)]
  if (sameFile(wide, settled)) return { first, last: [] }
  const last = recordStep(host, RECORD_FILE, { before: wide, after: settled }, [])
  const note = { id: `${last.id} (settled)`, title: `${last.title}: nothing former is left` }
  return { first, last: [{ ...last, ...note }] }
}

function recordOf({ config, state, phase }: PlanContext, former: PlanContext['former']): InstallerRecord {
  const known = state.record.kind === 'record' ? state.record.record : undefined
  const imports = isGuarded(config) && config.imageArchive !== undefined && state.image === false
  return {
    phase,
    config: rawConfig(config),
    former: former.map(rawConfig),
    directories: [
      ...new Set([...(known?.directories ?? []), ...state.missingAbove, ...state.missingDirectories]),
    ],
    images: [...new Set([...(known?.images ?? []), ...(imports ? [config.image] : [])])],
  }
}

/** Former configurations of which a file or a rule is to go: until it is gone, it must not be forgotten. */
function leavesSomething(context: PlanContext): PlanContext['former'] {
  const { config, former } = context
  const kept = new Set(ownPaths([config]))
  const rules = new Set(staleRules(context).map(({ virtual }) => virtual.text))
  return former.filter(
    (one) =>
      isGuarded(one) && (rules.has(one.virtual.text) || ownPaths([one]).some((path) => !kept.has(path))),
  )
}
