import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawChart } from '../bench/failover/chart.ts'
import { type FailoverData, measured, spread, toJson } from '../bench/failover/data.ts'
import { withTable } from '../bench/failover/markdown.ts'
import { behind, promises } from '../bench/failover/promises.ts'

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('docs/failover.json', () => {
  const json = docs('failover.json')
  const data: FailoverData = JSON.parse(json)

  it('is what the chart is drawn from', () => {
    expect(docs('failover.svg')).toBe(drawChart(data))
  })

  it('is what the table shows', () => {
    const document = docs('performance.md')
    expect(document).toBe(withTable(document, data))
  })

  it('is formatted as the benchmark writes it', () => {
    expect(json).toBe(toJson(data))
  })
})

describe('the data of the failover', () => {
  const rounds = [
    { out: 900, idle: null },
    { out: 20, idle: 'works' },
    { out: 100, idle: 40 },
  ] as const

  it('is sorted by time, with what works before what hangs', () => {
    expect(measured(rounds)).toEqual({ out: [20, 100, 900], idle: [40, 'works', null] })
  })

  it('is summed up by the median and the worst', () => {
    expect(spread([20, 100, 900])).toEqual({ median: 100, worst: 900 })
    expect(spread([20, 100])).toEqual({ median: 100, worst: 100 })
    expect(spread([])).toBeUndefined()
  })

  const head = { taken: '2026-01-01', linux: '6.1', node: 'v20' }

  it('breaks a promise when the worst is too late, or a connection hangs', () => {
    const killed = { out: [20, 501], idle: [40, null], active: [10, 700] }
    const found = promises({ ...head, results: { guard: { killed } } })
    expect(found.map(({ ratio }) => ratio <= 1)).toEqual([false, false, true])
  })

  it('tells where a peer is ahead, but for what the kernel of the server does', () => {
    const results = {
      guard: { killed: { out: [300], idle: [200] }, unplugged: { out: [2000] } },
      haproxy: { killed: { out: [2000], idle: [20] }, unplugged: { out: [1999] } },
    }
    expect(behind({ ...head, results })).toEqual([
      'host unplugged, out of rotation: 2000 ms, haproxy 1999 ms',
    ])
  })
})
