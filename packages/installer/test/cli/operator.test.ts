import { describe, expect, it } from 'vitest'
import { InstallerExitCode } from '../../src/cli/host.ts'
import { manifestPath } from '../../src/node/paths.ts'
import { applied } from '../plan/scenarios.ts'
import { plain, SERVERS, VIP, World } from '../plan/world.ts'
import { type World as Outside, run } from './fake-cli-host.ts'

const { OK, FAILED, REFUSED } = InstallerExitCode

const CONFIG = [
  ...SERVERS.map((server) => `--master ${server}`),
  '--service-subnet 10.96.0.0/22 --pod-subnet 100.64.0.0/10 --health-scheme http',
].join(' ')
const NODE = '--node-ip 192.0.2.21'
const TOKEN = `--token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:${'ab'.repeat(32)}`

function here(world: World): Outside {
  return { open: () => world.host }
}

describe('a command that is stopped', () => {
  it.each(['apply', 'plan', 'update', 'uninstall'])('%s does not say that all is well', async (name) => {
    const world = new World()
    await applied(world, plain())
    const stop = new AbortController()
    const open = (): World['host'] => {
      stop.abort(new Error('stopped by SIGINT'))
      return world.host
    }
    const flags = { apply: `${CONFIG} ${NODE}`, plan: `${CONFIG} ${NODE}`, update: '--master 192.0.2.12' }
    const words = `${name} ${flags[name as keyof typeof flags] ?? ''}`.trim()
    const before = world.snapshot()
    const { code, err } = await run(words, { open, signal: stop.signal })
    expect([code, err]).toEqual([FAILED, expect.stringContaining('stopped by SIGINT')])
    expect(world.snapshot()).toEqual(before)
  })
})

describe('--command', () => {
  it('is no configuration: verify goes by the record, uninstall too', async () => {
    const world = new World()
    await applied(world, plain())
    const verified = await run('verify --command /opt/lvscare', here(world))
    expect([verified.code, verified.out]).toEqual([OK, 'as configured\n'])
  })

  it('does not let uninstall take the rule of somebody else on a node that was not set up', async () => {
    const world = new World()
    await world.host.rule.set(['--vs', VIP, '--rs', '192.0.2.99:6443'])
    const before = world.snapshot()
    expect((await run('uninstall --command /opt/lvscare', here(world))).code).toBe(OK)
    expect(world.snapshot()).toEqual(before)
  })
})

describe('join', () => {
  it('takes the endpoint of a control plane for no virtual IP, also where a file says the role', async () => {
    const world = new World()
    world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: '192.0.2.12' }] }]
    const files = { 'c.yaml': 'role: control-plane\nnodeAddress: 192.0.2.12\n' }
    const { code } = await run(`join 192.0.2.11:6443 --config c.yaml ${CONFIG} ${TOKEN}`, {
      ...here(world),
      files,
    })
    expect([code, world.joins[0]?.[1]]).toEqual([OK, '192.0.2.11:6443'])
    expect(JSON.parse(world.host.text('/var/lib/lvscare/installer.json') ?? '')).toMatchObject({
      config: { vip: '10.103.97.2' },
    })
  })

  it('tells what is wrong with the node, not only what is left in the end', async () => {
    const world = new World()
    world.host.onExec(([program]) =>
      program === 'env' ? { code: 0, stdout: 'HTTPS_PROXY=http://proxy:3128\n' } : undefined,
    )
    const { code, out } = await run(`join ${VIP} ${CONFIG} ${NODE} ${TOKEN}`, here(world))
    expect([code, out]).toEqual([OK, expect.stringContaining('warning proxy-environment')])
    const told = await run(`join ${VIP} ${CONFIG} ${NODE} ${TOKEN} --json`, here(world))
    const findings = JSON.parse(told.out).nodes[0].findings as readonly { code: string }[]
    expect(findings.map((one) => one.code)).toEqual(['proxy-environment'])
  })
})

describe('several nodes', () => {
  const NAMES = ['192.0.2.21', '192.0.2.22', '192.0.2.23']
  const HOSTS = NAMES.map((name) => `--host ${name}`).join(' ')

  it('are not begun before the first of them is done: what breaks there breaks nowhere else', async () => {
    const worlds = new Map(NAMES.map((name) => [name, new World({ name: `root@${name}` })]))
    for (const [name, world] of worlds) {
      world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: name }] }]
      world.host.onOperation(({ kind }) => {
        if (kind === 'rule.set') throw new Error('no IPVS')
      })
    }
    const open = (name: string): World['host'] => worlds.get(name)?.host ?? new World().host
    const { code, out } = await run(`apply ${CONFIG} ${HOSTS}`, { open })
    expect(code).toBe(FAILED)
    expect(out.match(/nothing was done here/g)).toHaveLength(2)
    for (const name of NAMES.slice(1))
      expect(worlds.get(name)?.host.changes.filter(({ kind }) => kind !== 'exec')).toEqual([])
  })
})

describe('what a file says', () => {
  it('cannot steer the terminal', async () => {
    const files = { 'c.yaml': '"\\e[2Jclear": 1\n' }
    const { code, err } = await run('plan --config c.yaml', { ...here(new World()), files })
    expect([code, err]).toEqual([REFUSED, 'lvscare-installer:  [2Jclear: is not a setting\n'])
  })
})

describe('status', () => {
  it('does not make a worker of a node of which nobody knows what was set up', async () => {
    const world = new World()
    world.host.files.put('/var/lib/lvscare/installer.json', '{')
    const { out } = await run('status', here(world))
    expect(out).toMatch(/^something is installed, and nobody knows as what\nTHE RECORD CANNOT BE READ: /)
    expect(world.host.text(manifestPath(plain()))).toBeUndefined()
  })
})
