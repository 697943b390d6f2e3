import { beforeEach, describe, expect, it } from 'vitest'
import type { Step } from '../src/index.ts'
import { Repairs } from '../src/repairs.ts'
import { MemoryLog } from './memory-log.ts'

const STEP: Step = {
  piece: 'service',
  kind: 'add-service',
  subject: '10.103.97.2:6443',
  found: 'nothing',
  apply: () => undefined,
}

describe('Repairs', () => {
  let log: MemoryLog
  let repairs: Repairs
  let asked: string[]

  beforeEach(() => {
    log = new MemoryLog()
    asked = []
    repairs = new Repairs(log, (piece) => {
      asked.push(piece)
      return 'kube-proxy'
    })
  })

  function breakAt(...seconds: number[]): void {
    for (const second of seconds) {
      repairs.take('service', [STEP], second * 1000)
      repairs.tick(second * 1000)
    }
  }

  it('logs a repair with what was found, and counts it', () => {
    breakAt(1)
    const fields = {
      piece: 'service',
      kind: 'add-service',
      subject: '10.103.97.2:6443',
      found: 'nothing',
      repair: true,
    }
    expect(log.lines).toEqual([{ level: 'warn', message: 'step applied', fields }])
    expect([repairs.total('service'), repairs.total('route')]).toEqual([1, 0])
  })

  it('counts once what took several steps', () => {
    repairs.take(
      'servers',
      [1, 2, 3, 4].map(() => ({ ...STEP, piece: 'servers' })),
      1000,
    )
    expect(log.take()).toEqual(Array(4).fill('warn step applied'))
    expect(repairs.total('servers')).toBe(1)
  })

  it('says of the third within five minutes that it is a fight, and who is likely to be it', () => {
    breakAt(1, 120, 299)
    expect(log.lines.at(-1)).toEqual({
      level: 'error',
      message: 'piece is broken again and again',
      fields: { piece: 'service', times: 3, culprit: 'kube-proxy' },
    })
    expect(asked).toEqual(['service'])
  })

  it('is no fight when minutes lie between', () => {
    breakAt(1, 200, 302, 503)
    expect(log.take()).toEqual(Array(4).fill('warn step applied'))
  })

  it.each([
    [1, 3600],
    [30.05, 120],
  ])('does not fill the log when it happens every %s s for an hour, and loses no repair', (period, times) => {
    for (let n = 0; n < times; n += 1) breakAt(n * period)
    const lines = log.take().filter((line) => !line.startsWith('debug'))
    expect(lines.slice(0, 4)).toEqual([
      ...Array(3).fill('warn step applied'),
      'error piece is broken again and again',
    ])
    expect(lines.length).toBeLessThan(15)
    expect(repairs.total('service')).toBe(times)
  })

  it('says when it is over, and begins again', () => {
    breakAt(1, 2, 3)
    log.take()
    repairs.tick(302_000)
    expect(log.take()).toEqual([])
    repairs.tick(303_000)
    expect(log.take()).toEqual(['info piece is left alone again'])
    breakAt(310)
    expect(log.take()).toEqual(['warn step applied'])
  })
})
