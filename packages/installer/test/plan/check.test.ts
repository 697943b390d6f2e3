import { beforeAll, describe, expect, it } from 'vitest'
import { parseConfig, type RawConfig } from '../../src/config/parse.ts'
import { apply } from '../../src/plan/apply.ts'
import { plan } from '../../src/plan/plan.ts'
import { type KeyPair, selfSigned } from './certificates.ts'
import { PLAIN, QUICK, World } from './world.ts'

const GOOD = ['IP:10.103.97.2', 'DNS:apiserver.cluster.local', 'IP:192.0.2.11']

let good: KeyPair
let other: KeyPair

beforeAll(() => {
  good = selfSigned(...GOOD)
  other = selfSigned('IP:192.0.2.11', 'DNS:apiserver.cluster.local')
})

function secured(own: RawConfig = {}): ReturnType<typeof parseConfig> {
  return parseConfig({ ...PLAIN, guard: {}, ...own })
}

/** Applies over TLS; checks that fail have little time. */
async function outcome(world: World, config = secured(), checkTimeoutMs = 500): Promise<string> {
  const result = await apply(await plan(config, world.host, { ...QUICK, checkTimeoutMs }))
  expect(result.notUndone).toEqual([])
  return result.ok ? 'ok' : String(result.failed?.error)
}

describe('the check through the virtual IP', () => {
  it('takes a certificate for the virtual IP and the name, from the authority of the cluster', async () => {
    const world = new World({ pair: good })
    expect(await outcome(world, secured({ ca: good.cert }))).toBe('ok')
  })

  it('finds a server among sick and dead ones', async () => {
    const world = new World({ pair: good })
    world.servers.delete('192.0.2.11:6443')
    world.servers.set('192.0.2.12:6443', 500)
    expect(await outcome(world)).toBe('ok')
  })

  it.each([401, 403])('takes %i for an answer', async (status) => {
    const world = new World({ pair: good })
    for (const server of world.servers.keys()) world.servers.set(server, status)
    expect(await outcome(world)).toBe('ok')
  })

  it.each([500, 404, 429])('does not take %i for healthy, and leaves no trace', async (status) => {
    const world = new World({ pair: good })
    for (const server of world.servers.keys()) world.servers.set(server, status)
    const before = world.snapshot()
    expect(await outcome(world)).toContain(
      `no healthy server answers through 10.103.97.2:6443 within 1 s: it answers with status ${status}`,
    )
    expect(world.snapshot()).toEqual(before)
  })

  it('refuses another authority', async () => {
    expect(await outcome(new World({ pair: good }), secured({ ca: other.cert }))).toContain(
      'is not from the authority of this cluster',
    )
  })

  it('says what certificates lack before anything is changed', async () => {
    const world = new World({ pair: other })
    const made = await plan(secured(), world.host, QUICK)
    expect(made.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual([
      'vip-not-in-sans',
    ])
    await expect(apply(made)).rejects.toThrow('10.103.97.2')
  })

  it('sees a certificate that only shows behind the virtual IP', async () => {
    const world = new World({ pair: other })
    const made = await plan(secured(), world.host, QUICK)
    const result = await apply({ ...made, findings: [] })
    expect(String(result.failed?.error)).toMatch(/made out for .*192\.0\.2\.11.*certSANs/)
    expect(result.failed?.step.id).toBe('check 10.103.97.2:6443')
  })

  it('is left out on request', async () => {
    const world = new World()
    world.servers.clear()
    const made = await plan(secured(), world.host, { ...QUICK, skipCheck: true })
    expect(made.steps.some(({ kind }) => kind === 'check')).toBe(false)
    expect(await apply(made)).toMatchObject({ ok: true })
  })

  it('sets a rule again to which no way leads', async () => {
    const world = new World({ pair: good })
    world.kubeletRuns = false
    expect(await outcome(world)).toBe('ok')
    world.host.onConnect((address) => {
      if (address === '10.103.97.2') throw new Error('EHOSTUNREACH')
      return undefined
    })
    const made = await plan(secured(), world.host, QUICK)
    expect(made.steps.map(({ kind }) => kind)).toEqual(['rule', 'check'])
  })

  it('gives weight to a rule in which everybody is drained', async () => {
    const world = new World({ pair: good })
    world.kubeletRuns = false
    expect(await outcome(world)).toBe('ok')
    const members = new Map([...world.servers.keys()].map((server) => [server, 0]))
    world.host.kernel.rules.set('10.103.97.2:6443', { scheduler: 'rr', members })
    expect(await outcome(world)).toBe('ok')
  })
})
