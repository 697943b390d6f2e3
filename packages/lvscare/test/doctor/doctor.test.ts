import { describe, expect, it } from 'vitest'
import { runDoctor } from '../../src/doctor/doctor.ts'
import { type Facts, saw } from '../../src/doctor/facts.ts'
import { gather } from '../../src/doctor/gather.ts'
import { type ProbeOptions, Prober } from '../../src/probe/prober.ts'
import { configOf, healthy } from './healthy.ts'

const newProber = (options: ProbeOptions): Prober => new Prober(options)

async function run(facts: Partial<Facts>, json: boolean): Promise<{ code: number; text: string }> {
  let text = ''
  const stdout = (more: string): void => {
    text += more
  }
  const look = async (): Promise<Facts> => ({ ...healthy(), ...facts })
  return { code: await runDoctor(configOf(), { json }, { stdout, gather: look, newProber }), text }
}

describe('runDoctor()', () => {
  it.each([
    ['nothing', {}, 0, 'ok'],
    [
      'a note',
      { cluster: { ...healthy().cluster, manifest: { seen: false, why: '', code: '' } } },
      0,
      'note',
    ],
    ['a warning', { guard: { ...healthy().guard, report: saw(undefined) } }, 3, 'warning'],
    ['an error', { rule: saw(undefined) }, 4, 'error'],
  ] as const)('ends by the worst finding: %s', async (_what, facts, code, worst) => {
    const json = await run(facts, true)
    expect(json.code).toBe(code)
    expect(JSON.parse(json.text)).toMatchObject({ worst })
    expect((await run(facts, false)).code).toBe(code)
  })

  it('tells people and programs the same', async () => {
    const facts = { rule: saw(undefined) }
    const { findings } = JSON.parse((await run(facts, true)).text) as { findings: { message: string }[] }
    const { text } = await run(facts, false)
    for (const { message } of findings) expect(text).toContain(message)
  })
})

describe('gather()', () => {
  it('sees what it can on any machine, and says why it does not see the rest', async () => {
    const config = configOf({ vs: '198.51.100.1:9', 'health-timeout': '200ms' })
    const facts = await gather(
      { ...config, servers: [] },
      { newProber, signal: new AbortController().signal },
    )
    expect(facts.kernel.release).toMatch(/^\d/)
    expect(facts.network).toMatchObject({ seen: true })
    expect(facts.cluster.processes).toMatchObject({ seen: true })
    expect(facts.guard.report).toEqual(saw(undefined))
    expect(facts.nodeAddress).toMatchObject({ seen: false })
  })
})
