import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { InstallerExitCode, worst } from '../../src/cli/host.ts'
import { manifestPath } from '../../src/node/paths.ts'
import { buildStaticPod } from '../../src/pod/static-pod.ts'
import { toYaml } from '../../src/pod/yaml.ts'
import { plain, SERVERS, VIP, World } from '../plan/world.ts'
import { type World as Outside, run } from './fake-cli-host.ts'

const { OK, FAILED, REFUSED, DIFFERS, CHANGED } = InstallerExitCode

/** The configuration of the other tests, as flags. */
const CONFIG = [
  ...SERVERS.map((server) => `--master ${server}`),
  '--service-subnet 10.96.0.0/22 --pod-subnet 100.64.0.0/10 --health-scheme http',
].join(' ')

const ONE = `${CONFIG} --node-ip 192.0.2.21`
const MANIFEST = manifestPath(plain())

function here(world: World): Outside {
  return { open: () => world.host }
}

/** Nodes by their address, over SSH. */
function fleet(names: readonly string[]): { readonly worlds: Map<string, World>; readonly outside: Outside } {
  const worlds = new Map(names.map((name) => [name, new World({ name: `root@${name}` })]))
  const open: NonNullable<Outside['open']> = (name) => {
    const world = worlds.get(name)
    if (world === undefined) throw new Error(`root@${name}: cannot connect`)
    return world.host
  }
  return { worlds, outside: { open } }
}

describe('main', () => {
  it.each(COMMANDS.map(({ name }) => [name]))('prints the help of %s, and touches nothing', async (name) => {
    const { code, out, err } = await run([name, '--help'])
    expect([code, err]).toEqual([OK, ''])
    expect(out).toMatch(new RegExp(`^lvscare-installer ${name}`))
  })

  it('lists every command in its help', async () => {
    const { out } = await run('--help')
    for (const { name } of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}lvscare-installer ${name}\\b`, 'm'))
    expect((await run('help apply')).out).toBe((await run('apply --help')).out)
  })

  it.each([
    ['', /^lvscare-installer: a command is missing; use plan, /],
    ['destroy', /^lvscare-installer: "destroy": is not a command; use plan, /],
    ['apply --vipp 1', /^lvscare-installer: --vipp "1": is not a flag of "lvscare-installer apply"; see /],
    ['apply x', /^lvscare-installer: "x": "lvscare-installer apply" takes flags only; /],
    ['join a b', /^lvscare-installer: "b": "lvscare-installer join" takes no more than 1 word; /],
    ['apply --host', /^lvscare-installer: --host: needs a value\n$/],
    ['apply --parallel 0', /^lvscare-installer: --parallel "0": must be a number from 1 to 1000\n$/],
    ['plan --phase never', /^lvscare-installer: --phase "never": must be one of before, after\n$/],
    ['update', /^lvscare-installer: --master is missing/],
    ['config', /^lvscare-installer: "config" needs one of template, render, kubeadm\n$/],
    ['config render', /^lvscare-installer: --kubernetes-version is missing/],
    [
      'manifest --format odd',
      /^lvscare-installer: --format "odd": must be one of pod, cloud-init, cluster-api\n$/,
    ],
    [
      'apply --host a --host b --node-ip 192.0.2.1',
      /^lvscare-installer: --node-ip "192.0.2.1": is of one node/,
    ],
  ])('answers wrong usage %j with exit code 2 and one line', async (argv, line) => {
    const { code, out, err } = await run(argv.split(' ').filter(Boolean), here(new World()))
    expect([code, out]).toEqual([REFUSED, ''])
    expect(err).toMatch(line)
    expect(err.split('\n')).toHaveLength(2)
  })

  it('names every problem of a configuration on a line of its own', async () => {
    const { code, err } = await run('plan --vip x --role queen --interval never')
    expect(code).toBe(REFUSED)
    expect(err).toMatch(
      /^lvscare-installer: --vip "x": .*\nlvscare-installer: --role "queen": must be one of/,
    )
    expect(err).toMatch(/^lvscare-installer: --interval "never": /m)
  })

  it('prints a document with --json for what fails before a node is reached, too', async () => {
    const { code, out, err } = await run('plan --json --port x')
    expect(err).toContain('--port "x"')
    expect(JSON.parse(out)).toMatchObject({
      command: 'plan',
      code,
      error: { code: 'ERR_INSTALLER_CONFIG', problems: [{ path: '--port', value: 'x' }] },
      nodes: [],
    })
  })

  it('prints the version', async () => {
    expect((await run('version --short')).out).toBe('1.2.3\n')
    expect(JSON.parse((await run('version')).out)).toMatchObject({ version: '1.2.3', node: process.version })
  })
})

describe('plan and apply', () => {
  it('shows, does, and then has nothing to do', async () => {
    const world = new World()
    const before = world.snapshot()
    const planned = await run(`plan ${ONE}`, here(world))
    expect(planned.code).toBe(OK)
    expect(planned.out).toContain(`+++ ${MANIFEST}`)
    expect((await run(`plan ${ONE} --exit-code`, here(world))).code).toBe(DIFFERS)
    expect((await run(`apply ${ONE} --dry-run`, here(world))).out).toBe(planned.out)
    expect(world.snapshot()).toEqual(before)

    const applied = await run(`apply ${ONE}`, here(world))
    expect([applied.code, applied.out]).toEqual([OK, expect.stringMatching(/^done: \d+ of \d+ steps\n$/m)])
    expect(applied.err).toMatch(/set the rule of 10\.103\.97\.2:6443.*: done\n/)
    expect(world.host.text(MANIFEST)).toBe(toYaml(buildStaticPod(plain())))

    const done = world.snapshot()
    const again = await run(`apply ${ONE}`, here(world))
    expect([again.code, again.out]).toEqual([OK, 'nothing was to be changed\n'])
    expect(world.snapshot()).toEqual(done)
    expect((await run(`plan ${ONE} --exit-code`, here(world))).code).toBe(OK)
  })

  it('gives programs the same as one document, and events as lines', async () => {
    const { out, err, code } = await run(`apply ${ONE} --json`, here(new World()))
    const events = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; step: { id: string } })
    const document = JSON.parse(out)
    expect(document).toMatchObject({ command: 'apply', code, error: null })
    const done = document.nodes[0].result.done as readonly { id: string }[]
    expect(events.filter(({ type }) => type === 'done').map(({ step }) => step.id)).toEqual(
      done.map(({ id }) => id),
    )
  })

  it('says 1 when it failed and everything was taken back, and 4 when it was not', async () => {
    const world = new World()
    const before = world.host.snapshot()
    world.host.onOperation(({ kind, what }, moment) => {
      if (moment === 'before' && kind === 'writeFileAtomic' && what === MANIFEST) throw new Error('disk full')
    })
    const { code, out, err } = await run(`apply ${ONE}`, here(world))
    expect(code).toBe(FAILED)
    expect(out).toMatch(/^failed: .*\ntaken back: \d+ steps$/m)
    expect(err).toMatch(/\nlvscare-installer: disk full\n$/)
    expect(world.host.snapshot()).toEqual(before)

    world.host.onOperation(({ kind }) => {
      if (kind === 'rule.clean') throw new Error('no IPVS')
    })
    const second = await run(`apply ${ONE}`, here(world))
    expect(second.code).toBe(CHANGED)
    expect(second.out).toMatch(/^NOT TAKEN BACK: set the rule/m)
  })

  it('takes everything back when it is stopped', async () => {
    const world = new World()
    const before = world.host.snapshot()
    const stop = new AbortController()
    world.host.onOperation(({ kind }) => {
      if (kind === 'rule.set') stop.abort(new Error('stopped by SIGTERM'))
    })
    const { code, err } = await run(`apply ${ONE}`, { ...here(world), signal: stop.signal })
    expect(code).toBe(FAILED)
    expect(err).toMatch(/lvscare-installer: stopped by SIGTERM\n$/)
    expect(world.host.snapshot()).toEqual(before)
  })

  it('refuses findings that are errors, and lets force pass over those that allow it', async () => {
    const world = new World()
    const inside = `${ONE} --vip 10.96.0.9`
    expect((await run(`plan ${inside}`, here(world))).code).toBe(REFUSED)
    const refused = await run(`apply ${inside} --force`, here(world))
    expect([refused.code, refused.out]).toEqual([REFUSED, ''])
    expect(refused.err).toContain('vip-in-service-subnet')

    world.host.files.put(MANIFEST, 'somebody else')
    expect((await run(`apply ${ONE}`, here(world))).code).toBe(REFUSED)
    expect(world.host.text(MANIFEST)).toBe('somebody else')
    expect((await run(`apply ${ONE} --force`, here(world))).code).toBe(OK)
  })

  it('goes to nodes over SSH with what it was given for that', async () => {
    const { worlds, outside } = fleet(['192.0.2.21'])
    const { code, targets } = await run(
      `apply ${ONE} --host adm@192.0.2.21:2222 --password-env PW --command lv`,
      { ...outside, environment: { PW: 'geheim' } },
    )
    expect(code).toBe(OK)
    expect(targets).toMatchObject([{ user: 'adm', port: 2222, password: 'geheim', command: ['lv'] }])
    expect(worlds.get('192.0.2.21')?.host.text(MANIFEST)).toBeDefined()
  })
})

describe('several nodes', () => {
  const NAMES = ['192.0.2.21', '192.0.2.22', '192.0.2.23']
  const HOSTS = NAMES.map((name) => `--host ${name}`).join(' ')

  /** Each node has its own address on a link. */
  function nodes(): ReturnType<typeof fleet> {
    const made = fleet(NAMES)
    for (const [name, world] of made.worlds)
      world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: name }] }]
    return made
  }

  it('works on all, and names each', async () => {
    const { worlds, outside } = nodes()
    const { code, out, err } = await run(`apply ${CONFIG} ${HOSTS}`, outside)
    expect(code).toBe(OK)
    for (const name of NAMES) {
      expect(out).toContain(`root@${name}:\n`)
      expect(err).toContain(`root@${name}: set the rule`)
      expect(worlds.get(name)?.host.text(MANIFEST)).toBeDefined()
    }
  })

  it('changes none while one cannot be reached or is refused', async () => {
    const { worlds, outside } = nodes()
    const unreachable = await run(`apply ${CONFIG} ${HOSTS} --host 192.0.2.99`, outside)
    expect(unreachable.code).toBe(FAILED)
    expect(unreachable.err).toBe('lvscare-installer: root@192.0.2.99: cannot connect\n')

    worlds.get('192.0.2.22')?.host.files.put(MANIFEST, 'somebody else')
    const { code, out } = await run(`apply ${CONFIG} ${HOSTS} --json`, outside)
    expect(code).toBe(REFUSED)
    const told = JSON.parse(out).nodes as readonly { host: string; code: number; skipped?: boolean }[]
    expect(told.map((one) => [one.code, one.skipped ?? false])).toEqual([
      [OK, true],
      [REFUSED, false],
      [OK, true],
    ])
    const changes = [...worlds.values()].flatMap((world) => world.host.changes)
    expect(changes.filter(({ kind }) => kind !== 'exec')).toEqual([])
  })

  it('begins none after one failure too many', async () => {
    const { worlds, outside } = nodes()
    worlds.get('192.0.2.21')?.host.onOperation(({ kind }) => {
      if (kind === 'rule.set') throw new Error('no IPVS')
    })
    const all = `apply ${CONFIG} ${HOSTS} --parallel 1`
    expect((await run(all, outside)).code).toBe(FAILED)
    expect(worlds.get('192.0.2.22')?.host.text(MANIFEST)).toBeUndefined()
    expect((await run(`${all} --max-failures 1`, outside)).code).toBe(FAILED)
    expect(worlds.get('192.0.2.22')?.host.text(MANIFEST)).toBeDefined()
  })

  it('updates all, and none while no server is healthy as seen from one', async () => {
    const { worlds, outside } = nodes()
    await run(`apply ${CONFIG} ${HOSTS}`, outside)
    const changed = `update --master ${SERVERS[0]},${SERVERS[1]} ${HOSTS}`
    for (const server of SERVERS) worlds.get('192.0.2.23')?.servers.delete(server)
    expect((await run(changed, outside)).code).toBe(REFUSED)
    for (const world of worlds.values()) expect(world.host.kernel.rules.get(VIP)?.members.size).toBe(3)

    for (const server of SERVERS) worlds.get('192.0.2.23')?.servers.set(server, 200)
    expect((await run(changed, outside)).code).toBe(OK)
    for (const world of worlds.values())
      expect([...(world.host.kernel.rules.get(VIP)?.members.keys() ?? [])]).toEqual(SERVERS.slice(0, 2))
  })

  it('looks at the others when one cannot be asked', async () => {
    const { outside } = nodes()
    const { code, out, err } = await run(`status ${HOSTS} --host 192.0.2.99`, outside)
    expect(code).toBe(FAILED)
    expect(out.match(/nothing is installed/g)).toHaveLength(3)
    expect(err).toContain('root@192.0.2.99: cannot connect')
  })
})

describe('worst', () => {
  it('is 4, then 1, 2, 3', () => {
    expect(worst([])).toBe(OK)
    expect(worst([OK, DIFFERS])).toBe(DIFFERS)
    expect(worst([REFUSED, DIFFERS])).toBe(REFUSED)
    expect(worst([REFUSED, FAILED])).toBe(FAILED)
    expect(worst([CHANGED, FAILED])).toBe(CHANGED)
  })
})
