import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jittered, monotonic, sleep, withDeadline } from '../src/index.ts'
import { remembered } from '../src/time.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('jittered', () => {
  it('stays within a tenth of the interval and uses all of it', () => {
    expect([jittered(1000, () => 0), jittered(1000, () => 0.5), jittered(1000, () => 1)]).toEqual([
      900, 1000, 1100,
    ])
    const random = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), random, (ms, part) => {
        expect(Math.abs(jittered(ms, () => part) - ms)).toBeLessThanOrEqual(ms / 10 + 1e-6)
      }),
    )
  })
})

describe('sleep', () => {
  it('waits as long as it is told', async () => {
    const start = monotonic()
    await sleep(30, new AbortController().signal)
    expect(monotonic() - start).toBeGreaterThanOrEqual(29)
  })

  it('resolves at once, without an error, when the signal aborts or was aborted', async () => {
    const stop = new AbortController()
    const start = monotonic()
    const asleep = sleep(60_000, stop.signal)
    stop.abort('SIGTERM')
    await asleep
    await sleep(60_000, stop.signal)
    expect(monotonic() - start).toBeLessThan(5000)
  })
})

describe('withDeadline', () => {
  it('gives the result of the work', async () => {
    expect(await withDeadline(new AbortController().signal, 1000, async () => 42)).toBe(42)
  })

  it('gives the error of the work', async () => {
    const work = async (): Promise<never> => {
      throw new Error('work failed')
    }
    await expect(withDeadline(new AbortController().signal, 1000, work)).rejects.toThrow('work failed')
  })

  it('rejects with a TimeoutError that says how long, even when the work does not listen', async () => {
    const failure = withDeadline(new AbortController().signal, 20, never)
    await expect(failure).rejects.toMatchObject({ name: 'TimeoutError', message: 'no answer within 20 ms' })
  })

  it('tells the work of the timeout', async () => {
    let seen: AbortSignal | undefined
    const work = (signal: AbortSignal): Promise<never> => {
      seen = signal
      return never()
    }
    await expect(withDeadline(new AbortController().signal, 5, work)).rejects.toThrow()
    expect(seen?.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('rejects with the reason of its parent, before and during the work', async () => {
    const stop = new AbortController()
    const failure = withDeadline(stop.signal, 60_000, never)
    stop.abort('SIGTERM')
    await expect(failure).rejects.toBe('SIGTERM')
    let ran = false
    const work = async (): Promise<void> => {
      ran = true
    }
    await expect(withDeadline(stop.signal, 60_000, work)).rejects.toBe('SIGTERM')
    expect(ran).toBe(false)
  })

  it('leaves nothing behind on its parent', async () => {
    const { signal } = new AbortController()
    for (let round = 0; round < 100; round += 1) await withDeadline(signal, 1000, async () => undefined)
    await withDeadline(signal, 1, never).catch(() => undefined)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('remembered', () => {
  it('makes anew only what is too old', () => {
    let now = 0
    let made = 0
    const look = remembered(
      250,
      () => ++made,
      () => now,
    )
    const seen = [0, 100, 249, 250, 300, 600].map((ms) => {
      now = ms
      return look()
    })
    expect(seen).toEqual([1, 1, 1, 2, 2, 3])
  })
})
