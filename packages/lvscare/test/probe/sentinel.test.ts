import { describe, expect, it } from 'vitest'
import type { Ending, Line } from '../../src/probe/line.ts'
import { type Alarm, Sentinel } from '../../src/probe/sentinel.ts'
import type { SentinelView, Suspicion } from '../../src/probe/suspicion.ts'
import { FakeTimers } from './fake-timers.ts'

const FIN: Suspicion = { reason: 'closed', detail: 'the server ended the connection' }
const MOST_MS = 5000

/** What a sentinel sees of a line. */
class FakeLine {
  answers = 2
  closed = false
  ending: Ending | undefined
  fd: number | undefined = 7
  isKeptAlive = false
  onEnding: (ending: Ending) => void = () => undefined
  answered: () => void = () => undefined
  readonly watches: SentinelView['watches']

  constructor(watches: SentinelView['watches'] = 'http2') {
    this.watches = watches
  }

  ping(answered: () => void): void {
    this.answered = answered
  }

  keepAlive(): void {
    this.isKeptAlive = true
  }

  end(suspicion: Suspicion | undefined, isOrderly = false): void {
    this.closed = true
    this.ending = { suspicion, isOrderly }
    this.onEnding(this.ending)
  }

  get line(): Line {
    return this as unknown as Line
  }
}

function watching({ isOn = true } = {}) {
  const timers = new FakeTimers()
  const alarms: Alarm[] = []
  const lines: string[] = []
  const tuned: string[] = []
  const sentinel = new Sentinel({
    isOn,
    tune: (fd, ms) => void tuned.push(`${fd} ${ms}`),
    onSuspected: () => void lines.push('suspected'),
    onCleared: () => void lines.push('cleared'),
    clock: timers.clock,
    after: timers.after,
    random: () => 0.5,
  })
  const leave = sentinel.listen({ mostMs: MOST_MS, onAlarm: (alarm) => void alarms.push(alarm) })
  return { timers, alarms, lines, tuned, sentinel, leave }
}

/** Makes it wait: two suspicions that proved false. */
function teach(sentinel: Sentinel): void {
  sentinel.conclude('false')
  sentinel.conclude('false')
}

describe('Sentinel', () => {
  it('watches a line as well as it can, and has the kernel watch it too', () => {
    for (const watches of ['http2', 'tls', 'tcp'] as const) {
      const { sentinel, tuned, timers } = watching()
      const fake = new FakeLine(watches)
      sentinel.watch(fake.line)
      expect([sentinel.watches, fake.isKeptAlive, tuned]).toEqual([watches, true, ['7 1500']])
      expect(timers.pending).toBe(watches === 'http2' ? 1 : 0)
    }
  })

  it('watches nothing when it is off, or nobody listens, or the line is over', () => {
    const off = watching({ isOn: false })
    off.sentinel.watch(new FakeLine().line)
    const alone = watching()
    alone.leave()
    alone.sentinel.watch(new FakeLine().line)
    const over = watching()
    over.sentinel.watch(Object.assign(new FakeLine(), { closed: true }).line)
    for (const { sentinel, timers, alarms } of [off, alone, over])
      expect([sentinel.watches, timers.pending, alarms]).toEqual(['none', 0, []])
  })

  it('does without the number of the socket', () => {
    const { sentinel, tuned } = watching()
    sentinel.watch(Object.assign(new FakeLine(), { fd: undefined }).line)
    expect([sentinel.watches, tuned]).toEqual(['http2', []])
  })

  it('suspects a server that ends the connection, and lets the line go', () => {
    const { sentinel, alarms, timers } = watching()
    const fake = new FakeLine()
    sentinel.watch(fake.line)
    fake.end(FIN)
    expect(alarms).toEqual([{ kind: 'suspicion', suspicion: FIN }])
    expect([sentinel.watches, timers.pending]).toEqual(['none', 0])
  })

  it('suspects nobody for what was ended here', () => {
    const { sentinel, alarms } = watching()
    const [one, other] = [new FakeLine(), new FakeLine()]
    sentinel.watch(one.line)
    one.end(undefined)
    sentinel.watch(other.line)
    sentinel.leave(other.line)
    other.end(FIN)
    expect([alarms, sentinel.watches]).toEqual([[], 'none'])
  })

  it('suspects a server that does not answer a PING, until it does', () => {
    const { sentinel, alarms, lines, timers } = watching()
    const fake = new FakeLine()
    sentinel.watch(fake.line)
    timers.pass(1250)
    const detail = 'no answer to a PING within 750 ms'
    expect(alarms).toEqual([{ kind: 'suspicion', suspicion: { reason: 'unanswered', detail } }])
    expect([sentinel.watches, lines]).toEqual(['none', ['suspected']])
    fake.answered()
    expect([sentinel.watches, lines]).toEqual(['http2', ['suspected', 'cleared']])
    expect(alarms.at(-1)).toEqual({ kind: 'cleared' })
  })

  it('does not suspect twice: a suspected line that ends is silent, and cannot be cleared', () => {
    const { sentinel, alarms, timers } = watching()
    const fake = new FakeLine()
    sentinel.watch(fake.line)
    timers.pass(1250)
    fake.end(FIN)
    fake.answered()
    expect(alarms).toHaveLength(1)
    expect(timers.pending).toBe(0)
  })

  it('forgets a suspected line when another one carries an answer', () => {
    const { sentinel, alarms, timers } = watching()
    const [old, next] = [new FakeLine(), new FakeLine('tls')]
    sentinel.watch(old.line)
    timers.pass(1250)
    sentinel.watch(next.line)
    old.answered()
    expect([alarms.length, sentinel.watches]).toEqual([1, 'tls'])
  })

  it('takes a goodbye for what it is: a probe soon, though not of all guards in one moment', () => {
    const { sentinel, alarms } = watching()
    const fake = new FakeLine()
    sentinel.watch(fake.line)
    fake.end(undefined, true)
    expect(alarms).toEqual([{ kind: 'ended', waitMs: 100, teaches: false }])
  })

  it('learns from a server that says goodbye after each answer', () => {
    const { sentinel, alarms } = watching()
    const fake = Object.assign(new FakeLine(), { answers: 1 })
    // It was said together with the answer.
    fake.end(undefined, true)
    sentinel.watch(fake.line)
    expect(alarms).toEqual([{ kind: 'ended', waitMs: 100, teaches: true }])
    expect(sentinel.watches).toBe('none')
  })

  it('learns nothing from a goodbye on a connection that nobody has used for long', () => {
    const { sentinel, alarms, timers } = watching()
    const fake = Object.assign(new FakeLine('tls'), { answers: 1 })
    sentinel.watch(fake.line)
    timers.pass(90_000)
    fake.end(undefined, true)
    expect(alarms).toEqual([{ kind: 'ended', waitMs: 100, teaches: false }])
  })

  it('waits longer after two suspicions that proved false: for PINGs, for the kernel, and before it probes', () => {
    const { sentinel, alarms, timers, tuned } = watching()
    const fake = new FakeLine()
    sentinel.watch(fake.line)
    teach(sentinel)
    expect([sentinel.waitMs, tuned]).toEqual([1000, ['7 1500', '7 2500']])
    timers.pass(500 + 1749)
    expect(alarms).toEqual([])
    timers.pass(1)
    expect(alarms).toHaveLength(1)
    const other = new FakeLine()
    sentinel.watch(other.line)
    other.end(FIN)
    expect(alarms.at(-1)).toEqual({ kind: 'ended', waitMs: 1000, teaches: true })
  })

  it('suspects at once again after one that was confirmed, and after quiet', () => {
    for (const forget of [
      ({ sentinel }: ReturnType<typeof watching>) => sentinel.conclude('confirmed'),
      ({ timers }: ReturnType<typeof watching>) => timers.pass(600_000),
    ]) {
      const all = watching()
      teach(all.sentinel)
      forget(all)
      const fake = new FakeLine('tls')
      all.sentinel.watch(fake.line)
      fake.end(FIN)
      expect(all.alarms.at(-1)).toMatchObject({ kind: 'suspicion' })
    }
  })
})
