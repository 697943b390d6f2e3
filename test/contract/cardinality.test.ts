import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { Metrics } from '../../packages/lvscare/src/metrics.ts'
import { PIECES } from '../../packages/lvscare/src/path/step.ts'
import { guardView, pieceView, serverView } from '../../packages/lvscare/test/views.ts'
import { page, table } from './support/doc-table.ts'

const SCRAPES = 200

/** What a guard of so many servers in mode `local` exports. */
async function exported(count: number): Promise<{ series: number; bytes: number; ms: number }> {
  const servers = Array.from({ length: count }, (_, at) => `192.168.72.${50 + at}:6443`)
  const certificate = { expiresMs: Date.now(), subject: '', issuer: '', names: [] }
  const needed = PIECES.filter((piece) => piece !== 'device' && piece !== 'masquerade')
  const view = guardView({
    servers: servers.map((server) => serverView(server, { certificate })),
    pieces: needed.map((piece) => pieceView(piece)),
  })
  const metrics = new Metrics({ version: '0.2.0', servers, view: () => view, kernel: () => [] })
  let text = await metrics.text()
  const start = performance.now()
  for (let n = 0; n < SCRAPES; n += 1) text = await metrics.text()
  const ms = (performance.now() - start) / SCRAPES
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  return { series, bytes: text.length, ms }
}

describe('docs/monitoring.md', () => {
  it.each(table(page('monitoring.md'), 'Servers').map((row) => [Number(row['Servers']), row] as const))(
    'has the number of series of %i servers, and about the size of a scrape',
    async (count, row) => {
      const { series, bytes, ms } = await exported(count)
      console.info(`${count} servers: ${series} series, ${bytes} bytes, ${ms.toFixed(2)} ms`)
      expect(Number(row['Series'])).toBe(series)
      expect(Math.abs(Number(row['KiB']) - bytes / 1024)).toBeLessThan(3)
    },
  )
})
