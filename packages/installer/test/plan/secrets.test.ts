import { describe, expect, it } from 'vitest'
import type { RawConfig } from '../../src/config/parse.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { buildNodeFiles } from '../../src/node/files.ts'
import { ruleCommand } from '../../src/node/once.ts'
import { UNIT_FILE } from '../../src/node/paths.ts'
import { plan } from '../../src/plan/plan.ts'
import { status } from '../../src/plan/status.ts'
import { planUninstall } from '../../src/plan/uninstall.ts'
import { applied } from './scenarios.ts'
import { plain, QUICK, World } from './world.ts'

/** What goes into a header, a body or a query; letters that YAML, JSON and Kubernetes spell in other ways among them. */
const SECRETS = ['Bearer hunter2', 'pa"ss$(word)', 'q=verysecret', 'grün-geheim']

const SECRET: RawConfig = {
  guard: {
    'health-req-headers': [`Authorization=${SECRETS[0]}`],
    'health-req-body': SECRETS[1] ?? '',
    'health-req-method': 'POST',
    'health-path': `/healthz?${SECRETS[2]}`,
  },
}

/** However it may be spelled. */
const TRACES = /hunter2|pa\\*"ss|\(word\)|verysecret|gr(ü|\\u00fc)n/

describe('what may be secret', () => {
  it('is in no diff, and in nothing that is told of a step, before and after', async () => {
    const world = new World()
    const made = await plan(plain(SECRET), world.host, QUICK)
    expect(made.diff()).toContain('health-req-headers')
    expect(made.diff()).not.toMatch(TRACES)
    expect(JSON.stringify(made.steps)).not.toMatch(TRACES)
    const result = await applied(world, plain(SECRET))
    expect(result.ok).toBe(true)
    expect(JSON.stringify(result)).not.toMatch(TRACES)
    expect(world.host.text('/etc/kubernetes/manifests/kube-sealyun-lvscare.yaml')).toContain('hunter2')

    const other = { guard: { ...SECRET.guard, 'health-req-body': SECRETS[3] ?? '' } }
    const changed = await plan(plain(other), world.host, QUICK)
    expect(changed.empty).toBe(false)
    expect(changed.diff() + JSON.stringify(changed.steps)).not.toMatch(TRACES)
    const removed = await planUninstall(world.host)
    expect(removed.diff() + JSON.stringify(removed.steps)).not.toMatch(TRACES)
  })

  it('is in no status', async () => {
    const world = new World()
    await applied(world, plain(SECRET))
    expect(JSON.stringify(await status(world.host))).not.toMatch(TRACES)
  })

  it('is not in the command that sets the rule, which everybody on the node can see', () => {
    const config = parseConfig({ servers: ['192.0.2.11'], bootUnit: true, ...SECRET })
    expect(ruleCommand(config).join(' ')).not.toMatch(TRACES)
    const unit = buildNodeFiles(config).find(({ path }) => path === UNIT_FILE)
    expect(unit?.content).not.toMatch(TRACES)
  })
})
