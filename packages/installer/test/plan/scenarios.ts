import type { InstallerConfig } from '../../src/config/config.ts'
import { apply } from '../../src/plan/apply.ts'
import { plan } from '../../src/plan/plan.ts'
import type { ApplyResult } from '../../src/plan/step.ts'
import { plain, QUICK, World } from './world.ts'

/** A way from one configuration to another one. */
export interface Scenario {
  readonly name: string
  /** What the node was set up with before; `undefined`: nothing. */
  readonly from: InstallerConfig | undefined
  readonly to: InstallerConfig
  /** Kubelet runs, so a guard is there from the first manifest on. */
  readonly kubelet: boolean
}

const ARCHIVE = '/opt/images/lvscare.tar'

const FULL = { bootUnit: true, image: 'registry.example/lvscare:1', imageArchive: ARCHIVE }

const OTHERS = ['192.0.2.12:6443', '192.0.2.14:6443']

const CONTROL = { role: 'control-plane' } as const

/** Everything that an apply may have to do. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'a bare node', from: undefined, to: plain(FULL), kubelet: false },
  { name: 'a bare node whose kubelet runs', from: undefined, to: plain(FULL), kubelet: true },
  { name: 'other servers', from: plain(), to: plain({ servers: OTHERS }), kubelet: true },
  { name: 'other servers without a guard', from: plain(), to: plain({ servers: OTHERS }), kubelet: false },
  {
    name: 'another virtual IP',
    from: plain(FULL),
    to: plain({ ...FULL, vip: '10.103.97.3' }),
    kubelet: true,
  },
  {
    name: 'another virtual IP without a guard',
    from: plain(),
    to: plain({ vip: '10.103.97.3' }),
    kubelet: false,
  },
  { name: 'another pod', from: plain(), to: plain({ podName: 'kube-sealos-lvscare' }), kubelet: true },
  { name: 'no unit any more', from: plain(FULL), to: plain(), kubelet: true },
  { name: 'a worker that becomes a control plane', from: plain(FULL), to: plain(CONTROL), kubelet: true },
]

/** Those with everything that an uninstall may have to do. */
export const UNINSTALLED: readonly Scenario[] = [
  { name: 'a node whose guard runs', from: undefined, to: plain(FULL), kubelet: true },
  { name: 'a node without a guard', from: undefined, to: plain(FULL), kubelet: false },
]

/** A node as a scenario begins. */
export async function begin({ from, kubelet }: Pick<Scenario, 'from' | 'kubelet'>): Promise<World> {
  const world = new World()
  world.host.files.put(ARCHIVE, FULL.image)
  world.servers.set('192.0.2.14:6443', 200)
  world.kubeletRuns = kubelet
  if (from !== undefined) await applied(world, from)
  world.rulesSeen.splice(0)
  return world
}

/** Plans and applies a configuration. */
export async function applied(world: World, config: InstallerConfig): Promise<ApplyResult> {
  return await apply(await plan(config, world.host, QUICK))
}
