import { isGuarded } from '../config/config.ts'
import { modulesOf, settingsOf } from '../node/kernel.ts'
import { HOSTS_FILE } from '../node/paths.ts'
import {
  checkPatience,
  guardPatience,
  hasCluster,
  type PlanContext,
  reportOf,
  type Steps,
  staleRules,
} from './context.ts'
import { directorySteps, removalSteps, writeSteps } from './file-steps.ts'
import { guardDiffers, hasGuard, isExact, membersOf } from './observe/rule.ts'
import { serversStep, throughStep } from './steps/check.ts'
import { followStep, goneStep } from './steps/guard.ts'
import { hostsSteps } from './steps/hosts.ts'
import { importImageStep } from './steps/image.ts'
import { moduleSteps, settingSteps } from './steps/kernel.ts'
import { cleanRuleStep, setRuleStep } from './steps/rule.ts'

/** What makes a node with a guard as its configuration says. */
export function guardedSteps(context: PlanContext): Steps {
  return [
    ...directorySteps(context),
    ...kernelSteps(context),
    ...writeSteps(context, 'file'),
    ...imageSteps(context),
    ...hostsOf(context),
    ...ruleSteps(context),
    ...writeSteps(context, 'unit'),
    ...leftoverSteps(context),
  ]
}

/** What makes a node without a guard so. */
export function unguardedSteps(context: PlanContext): Steps {
  return [...hostsOf(context), ...removalSteps(context, 'manifest'), ...leftoverSteps(context)]
}

/** What former configurations have left, once nothing needs it any more. */
function leftoverSteps(context: PlanContext): Steps {
  return [...staleRuleSteps(context), ...removalSteps(context, 'unit'), ...removalSteps(context, 'file')]
}

function kernelSteps({ host, config, state }: PlanContext): Steps {
  return [
    ...moduleSteps(host, modulesOf(config), state.kernel),
    ...settingSteps(host, settingsOf(config), state.kernel),
  ]
}

function imageSteps({ host, config, state }: PlanContext): Steps {
  const { image, imageArchive } = config
  if (imageArchive === undefined || state.image === true) return []
  return [importImageStep(host, { image, archive: imageArchive, isNew: state.image === false })]
}

function hostsOf({ host, state, wanted }: PlanContext): Steps {
  return hostsSteps(host, state.files.get(HOSTS_FILE), wanted.hosts)
}

/** The rule is the guard's while one runs: it does what its manifest says. Where none does, nobody else sets it. */
function ruleSteps(context: PlanContext): Steps {
  const report = reportOf(context, context.config.virtual.text)
  const manifest = [...writeSteps(context, 'manifest'), ...removalSteps(context, 'manifest')]
  const before = serversSteps(context)
  return hasGuard(report)
    ? [...before, ...manifest, ...followSteps(context), ...throughSteps(context)]
    : [...before, ...setSteps(context), ...throughSteps(context), ...manifest]
}

function setSteps(context: PlanContext): Steps {
  const { host, config, former, state } = context
  const report = reportOf(context, config.virtual.text)
  if (isExact(report, config) && (state.answers !== false || !hasCluster(context))) return []
  const rules = former.filter(isGuarded).map((one) => ({
    config: one,
    report: reportOf(context, one.virtual.text),
  }))
  return [setRuleStep(host, config, report, rules)]
}

function followSteps(context: PlanContext): Steps {
  const { host, config } = context
  const differs = guardDiffers(reportOf(context, config.virtual.text), config)
  return differs === undefined ? [] : [followStep(host, config, differs, guardPatience(context))]
}

/** A rule that works is not replaced by one of which nothing is known. */
function serversSteps(context: PlanContext): Steps {
  const { host, config } = context
  const report = reportOf(context, config.virtual.text)
  const known = (report?.servers ?? []).filter(({ configured }) => configured !== false)
  const isNew = config.servers.some(({ text }) => known.every(({ server }) => server !== text))
  const isFewer = membersOf(report).some((server) => config.servers.every(({ text }) => text !== server))
  const isChange = report !== undefined && known.length > 0 && (isNew || isFewer)
  return isChange && isToAsk(context) ? [serversStep(host, config, checkPatience(context))] : []
}

function throughSteps(context: PlanContext): Steps {
  const { host, config } = context
  return isToAsk(context) ? [throughStep(host, config, checkPatience(context))] : []
}

function isToAsk(context: PlanContext): boolean {
  return context.options.skipCheck !== true && hasCluster(context)
}

/** Rules of other virtual servers that were ours go after their manifest, and after the guard that still sets them. */
function staleRuleSteps(context: PlanContext): Steps {
  const { host, config } = context
  const kept = isGuarded(config) ? config : undefined
  return staleRules(context).flatMap((one) => {
    const report = reportOf(context, one.virtual.text)
    const gone = hasGuard(report) ? [goneStep(host, one, guardPatience(context))] : []
    return [...gone, cleanRuleStep(host, one, report, kept)]
  })
}
