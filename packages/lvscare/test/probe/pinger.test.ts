import { describe, expect, it } from 'vitest'
import { HEARD_MS, PING_MS, Pinger, PONG_MS } from '../../src/probe/pinger.ts'
import { FakeTimers } from './fake-timers.ts'

/** A pinger of a line that answers when the test says so. */
function pinging({ waitMs = 0, random = 0.5 } = {}) {
  const timers = new FakeTimers()
  const events: string[] = []
  const sent: (() => void)[] = []
  const note = (text: string): void => void events.push(`${Math.round(timers.nowMs)} ${text}`)
  const ping = (answered: () => void): void => {
    note('PING')
    sent.push(answered)
  }
  const pinger = new Pinger(
    { ping },
    {
      waitMs: () => waitMs,
      onUnanswered: (ms) => note(`unanswered for ${ms}`),
      onLateAnswer: () => note('late'),
      after: timers.after,
      random: () => random,
    },
  )
  return { timers, events, pinger, answer: () => sent.at(-1)?.() }
}

describe('Pinger', () => {
  it('sends one PING each second, and the first within the first', () => {
    const { timers, events, answer } = pinging()
    for (let n = 0; n < 3; n += 1) {
      timers.pass(n === 0 ? PING_MS / 2 : PING_MS)
      answer()
    }
    expect(events).toEqual(['500 PING', '1500 PING', '2500 PING'])
  })

  it('sends none to a server that is heard every second anyway', () => {
    const { timers, events, pinger } = pinging()
    for (let n = 0; n < 10; n += 1) {
      pinger.heard()
      timers.pass(HEARD_MS - 1)
    }
    expect(events).toEqual([])
    timers.pass(1)
    expect(events).toEqual([`${10 * HEARD_MS - 9} PING`])
  })

  it('waits for the answer to a PING whatever else is heard', () => {
    const { timers, events, pinger } = pinging()
    timers.pass(500)
    pinger.heard()
    timers.pass(60_000)
    expect(events).toEqual(['500 PING', '1250 unanswered for 750'])
  })

  it('sends none after it was stopped, whatever is heard', () => {
    const { timers, events, pinger } = pinging()
    pinger.stop()
    pinger.heard()
    timers.pass(60_000)
    expect(events).toEqual([])
  })

  it('spreads them by a tenth', () => {
    for (const [random, second] of [
      [0, 900],
      [1, 2100],
    ] as const) {
      const { timers, events, answer } = pinging({ random })
      timers.pass(random * PING_MS)
      answer()
      timers.pass(2000)
      expect(events[1]).toBe(`${second} PING`)
    }
  })

  it('tells of one that is not answered in time, once, and sends no other', () => {
    const { timers, events } = pinging()
    timers.pass(60_000)
    expect(events).toEqual(['500 PING', `${500 + PONG_MS} unanswered for 750`])
  })

  it('tells of an answer that comes too late, and goes on', () => {
    const { timers, events, answer } = pinging()
    timers.pass(3000)
    answer()
    timers.pass(PING_MS)
    expect(events).toEqual(['500 PING', '1250 unanswered for 750', '3000 late', '4000 PING'])
  })

  it('waits longer when it is told to', () => {
    const { timers, events } = pinging({ waitMs: 2000 })
    timers.pass(60_000)
    expect(events).toEqual(['500 PING', '3250 unanswered for 2750'])
  })

  it('looks once more when this node was too busy to look in time', () => {
    const { timers, events, answer } = pinging()
    timers.pass(500)
    // The loop hangs beyond the limit; then the timer comes first, and the answer that lies there after it.
    timers.pass(PONG_MS - 50)
    answer()
    timers.pass(PONG_MS)
    expect(events).toEqual(['500 PING'])
  })

  it('is silent once it is stopped, whatever comes', () => {
    const { timers, events, pinger, answer } = pinging()
    timers.pass(500)
    pinger.stop()
    timers.pass(5000)
    answer()
    timers.pass(5000)
    expect(events).toEqual(['500 PING'])
    expect(timers.pending).toBe(0)
  })
})
