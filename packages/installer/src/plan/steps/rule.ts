import type { StatusReport } from 'lvscare'
import type { InstallerConfig } from '../../config/config.ts'
import type { NodeHost } from '../../host/host.ts'
import { ruleFlags } from '../../node/once.ts'
import { hasGuard, membersOf, ruleText, wantedRuleText } from '../observe/rule.ts'
import type { PlanStep } from '../step.ts'

/** A rule as it was found, with the configuration that it was made with. */
export interface FormerRule {
  readonly config: InstallerConfig
  readonly report: StatusReport | undefined
}

/**
 * Sets the rule while no guard runs. `former` are the rules that we have made before, for whatever virtual server: they are given
 * back when this one is taken back, also those that share the address with it, and so the way.
 */
export function setRuleStep(
  host: NodeHost,
  config: InstallerConfig,
  before: StatusReport | undefined,
  former: readonly FormerRule[],
): PlanStep {
  const flags = ruleFlags(config)
  const last = former.find((one) => one.config.virtual.text === config.virtual.text)?.config
  const sharers = former.filter((one) => sharesWay(one.config, config))
  return {
    id: `rule ${config.virtual.text}`,
    kind: 'rule',
    title: `set the rule of ${config.virtual.text}: ${wantedRuleText(config)}`,
    before: ruleText(before),
    after: wantedRuleText(config),
    reversible: true,
    run: async () => {
      // A set keeps the weights it finds, and where all of them are 0 no server would ever answer.
      if (isDrained(before)) await host.rule.clean(flags)
      await host.rule.set(flags)
    },
    undo: async () => {
      await restore(host, config, formerFlags(config, before, last))
      for (const one of sharers) {
        const made = formerFlags(one.config, one.report, one.config)
        if (made !== undefined) await restore(host, one.config, made)
      }
    },
  }
}

/** Other virtual servers with the same address are reached by the same route, which goes with whichever goes first. */
function sharesWay({ virtual: a }: InstallerConfig, { virtual: b }: InstallerConfig): boolean {
  return a.text !== b.text && a.address === b.address
}

/**
 * Takes back everything that a guard of a virtual server may have made. `kept` is the configuration whose rule is to stay: with
 * the same address but another port it has lost the way to it, and gets it again.
 */
export function cleanRuleStep(
  host: NodeHost,
  config: InstallerConfig,
  before: StatusReport | undefined,
  kept?: InstallerConfig,
): PlanStep {
  const sharer = kept !== undefined && sharesWay(kept, config) ? kept : undefined
  return {
    id: `rule ${config.virtual.text}`,
    kind: 'rule',
    title: `remove the rule of ${config.virtual.text}, and the way to it`,
    before: ruleText(before),
    after: undefined,
    reversible: true,
    run: async () => {
      await host.rule.clean(ruleFlags(config))
      if (sharer !== undefined) await restore(host, sharer, ruleFlags(sharer))
    },
    undo: async () => await restore(host, config, formerFlags(config, before, config)),
  }
}

/** A guard that runs has its own rule, and has it back within a second. */
async function restore(
  host: NodeHost,
  config: InstallerConfig,
  flags: readonly string[] | undefined,
): Promise<void> {
  if (hasGuard(await host.rule.observe(config.virtual))) return
  if (flags === undefined) await host.rule.clean(ruleFlags(config))
  else await host.rule.set(flags)
}

/** The flags that give back the rule as it was; `undefined`: there was none. */
function formerFlags(
  config: InstallerConfig,
  before: StatusReport | undefined,
  former: InstallerConfig | undefined,
): readonly string[] | undefined {
  const members = membersOf(before)
  if (members.length === 0) return undefined
  const known = ruleFlags(former !== undefined && former.servers.length > 0 ? former : config)
  const scheduler = before?.scheduler == null ? [] : ['--scheduler', before.scheduler]
  // Weights that grow are for later, and a scheduler that was there may have no use for them, and refuse them.
  const flags = without(['rs', 'slow-start', ...(scheduler.length > 0 ? ['scheduler'] : [])], known)
  return [...flags, ...scheduler, ...members.flatMap((server) => ['--rs', server])]
}

/** The rest of the flags, which come in pairs, `--name value`, or as `--name=value`. */
function without(names: readonly string[], flags: readonly string[]): readonly string[] {
  const isOne = (flag = ''): boolean => names.some((name) => flag === `--${name}`)
  const isPair = (flag: string): boolean => names.some((name) => flag.startsWith(`--${name}=`))
  return flags.filter((flag, index) => !isOne(flag) && !isOne(flags[index - 1]) && !isPair(flag))
}

function isDrained(report: StatusReport | undefined): boolean {
  const weights = (report?.servers ?? []).flatMap(({ weight }) => (weight === null ? [] : [weight]))
  return weights.length > 0 && weights.every((weight) => weight === 0)
}
