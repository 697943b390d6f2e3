import { describe, expect, it } from 'vitest'
import { parseEndpoint } from '../../src/index.ts'
import { runStatus, type StatusHost, type StatusOptions } from '../../src/status/command.ts'
import type { FindRules } from '../../src/status/kernel.ts'
import { guardReport } from '../../src/status/report.ts'
import { guardView, member } from '../views.ts'
import { until } from '../wait.ts'

const V4 = '10.103.97.2:6443'
const V6 = '[fd00:103:97::2]:6443'
const ONCE: StatusOptions = { virtual: undefined, json: false, watch: false }

function told(virtual: string): unknown {
  const facts = {
    virtual,
    scheduler: 'rr',
    mode: 'local',
    version: '1.2.3',
    pid: 42,
    flags: new Map([['vs', ['x']]]),
  }
  return JSON.parse(JSON.stringify(guardReport(guardView(), facts, () => [])))
}

/** A kernel with a rule for each of these. */
function kernelWith(...virtuals: readonly string[]): FindRules {
  const rules = virtuals.map((virtual) => ({
    virtual,
    scheduler: 'rr',
    members: [member({ address: '192.0.2.1', port: 6443 })],
  }))
  return (virtual) => rules.filter((rule) => virtual === undefined || rule.virtual === virtual.text)
}

/** A host in memory: what guards say, what the kernel has, what was printed. */
class FakeHost implements StatusHost {
  readonly answers = new Map<string, () => unknown>()
  readonly written: string[] = []
  findRules: FindRules = kernelWith()
  readonly againMs = 1
  /** What the next writes end with. */
  failure: Error | undefined
  isTTY = false

  readonly guards = {
    askGuard: async (virtual: string): Promise<unknown> => this.answers.get(virtual)?.(),
    guardsHere: (): string[] => [...this.answers.keys()],
  }

  get stdout(): StatusHost['stdout'] {
    return {
      isTTY: this.isTTY,
      on: () => undefined,
      write: (text, done) => {
        if (this.failure === undefined) this.written.push(text)
        done(this.failure)
      },
    }
  }

  async run(options: Partial<StatusOptions> = {}, stop = new AbortController().signal): Promise<string> {
    await runStatus({ ...ONCE, ...options }, this, stop)
    return this.written.join('')
  }

  /** The virtual servers of each line of JSON, and who told of them. */
  get lines(): unknown[] {
    return this.written.map((line) => {
      const { services, error } = JSON.parse(line)
      return [...services.map((one: Record<string, unknown>) => `${one['source']} ${one['virtual']}`), error]
    })
  }
}

describe('runStatus', () => {
  it('shows every guard', async () => {
    const host = new FakeHost()
    for (const virtual of [V4, V6]) host.answers.set(virtual, () => told(virtual))
    const text = await host.run()
    expect(text).toContain(`${V4}: scheduler rr, mode local\nguard 1.2.3`)
    expect(text).toContain(`\n\n${V6}: scheduler rr`)
    expect(text).not.toContain('\u001b')
  })

  it('shows the one that is named', async () => {
    const host = new FakeHost()
    for (const virtual of [V4, V6]) host.answers.set(virtual, () => told(virtual))
    await host.run({ virtual: parseEndpoint(V6), json: true })
    expect(host.lines).toEqual([[`guard ${V6}`, null]])
  })

  it('prints one line of JSON', async () => {
    const host = new FakeHost()
    host.answers.set(V4, () => told(V4))
    const text = await host.run({ json: true })
    expect(text.split('\n')).toHaveLength(2)
    expect(JSON.parse(text).services[0]).toMatchObject({ virtual: V4, servers: [{}, {}] })
  })

  it('shows what the kernel has when no guard runs', async () => {
    const host = new FakeHost()
    host.findRules = kernelWith(V4, V6)
    await host.run({ json: true })
    await host.run({ json: true, virtual: parseEndpoint(V4) })
    expect(host.lines).toEqual([
      [`kernel ${V4}`, `kernel ${V6}`, null],
      [`kernel ${V4}`, null],
    ])
  })

  it('needs no kernel as long as a guard answers', async () => {
    const host = new FakeHost()
    host.answers.set(V4, () => told(V4))
    host.findRules = () => {
      throw new Error('no privilege')
    }
    await host.run({ json: true })
    expect(host.lines).toEqual([[`guard ${V4}`, null]])
  })

  it('has an error when there is nothing to show, and passes on what the kernel says', async () => {
    const host = new FakeHost()
    await expect(host.run()).rejects.toMatchObject({ code: 'ERR_LVSCARE_NO_GUARD' })
    await expect(host.run({ virtual: parseEndpoint(V4) })).rejects.toMatchObject({
      code: 'ERR_LVSCARE_NO_GUARD',
    })
    host.findRules = () => {
      throw new Error('no privilege')
    }
    await expect(host.run()).rejects.toThrow('no privilege')
  })

  it.each([
    ['hangs', () => Promise.reject(new Error('the guard does not answer')), 'the guard does not answer'],
    ['talks nonsense', () => ({ source: 'guard' }), 'report.time is no text'],
  ])('shows what the kernel has when a guard %s', async (_what, answer, error) => {
    const host = new FakeHost()
    host.answers.set(V4, answer)
    host.findRules = kernelWith(V4)
    await host.run({ json: true })
    const [report] = JSON.parse(host.written[0] ?? '').services
    expect(report).toMatchObject({ source: 'kernel', guardError: error, kernelError: null })
    expect(report.servers).toHaveLength(1)
    host.findRules = () => {
      throw new Error('no privilege')
    }
    expect(await host.run()).toContain('the kernel cannot be read: no privilege')
  })

  it('passes over a name that is no virtual server and has no guard', async () => {
    const host = new FakeHost()
    host.answers.set('rubbish', () => undefined)
    host.findRules = kernelWith(V4)
    await host.run({ json: true })
    expect(host.lines).toEqual([[`kernel ${V4}`, null]])
  })
})

describe('runStatus --watch', () => {
  /** Runs until `enough`, then stops it; it must end by itself. */
  async function watch(
    host: FakeHost,
    options: Partial<StatusOptions>,
    enough: () => boolean,
  ): Promise<void> {
    const stop = new AbortController()
    const ended = host.run({ ...options, watch: true }, stop.signal)
    await until('enough looks', enough)
    stop.abort()
    await ended
  }

  it('shows it again and again, each time on a cleared terminal', async () => {
    const host = new FakeHost()
    host.isTTY = true
    host.answers.set(V4, () => told(V4))
    await watch(host, {}, () => host.written.length >= 3)
    for (const page of host.written) expect(page.startsWith(`\u001b[H\u001b[J${V4}`)).toBe(true)
  })

  it('separates the looks by an empty line where there is no terminal', async () => {
    const host = new FakeHost()
    host.answers.set(V4, () => told(V4))
    await watch(host, {}, () => host.written.length >= 2)
    expect(host.written.join('')).not.toContain('\u001b')
    expect(host.written[0]?.endsWith('\n\n')).toBe(true)
  })

  it('goes over to the kernel when the guard ends, says when there is nothing, and sees the guard come back', async () => {
    const host = new FakeHost()
    let looks = 0
    host.answers.set(V4, () => {
      looks += 1
      return looks === 1 || looks > 3 ? told(V4) : undefined
    })
    host.findRules = (virtual) => kernelWith(...(looks === 2 ? [V4] : []))(virtual)
    await watch(host, { json: true }, () => host.written.length >= 4)
    expect(host.lines.slice(0, 4)).toEqual([
      [`guard ${V4}`, null],
      [`kernel ${V4}`, null],
      [expect.stringContaining('no guard')],
      [`guard ${V4}`, null],
    ])
  })

  it('ends without an error when nobody reads any more', async () => {
    const host = new FakeHost()
    host.answers.set(V4, () => told(V4))
    host.failure = Object.assign(new Error('broken pipe'), { code: 'EPIPE' })
    await host.run({ watch: true })
    host.failure = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    await expect(host.run({ watch: true })).rejects.toThrow('no space')
  })
})
