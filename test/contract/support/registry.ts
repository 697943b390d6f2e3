import { Metrics } from '../../../packages/lvscare/src/metrics.ts'
import { PIECES } from '../../../packages/lvscare/src/path/step.ts'
import { A, guardView, pieceView, serverView } from '../../../packages/lvscare/test/views.ts'

/** A metric that a guard exports. */
export interface ExportedMetric {
  readonly name: string
  readonly type: string
  /** The values of each of its labels. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>
}

/** Every metric of a guard that knows all there is to know, as its registry has it. */
export async function exportedMetrics(): Promise<ExportedMetric[]> {
  const certificate = { expiresMs: 0, subject: '', issuer: '', names: [] }
  const view = guardView({
    servers: [serverView(A, { certificate })],
    pieces: PIECES.map((piece) => pieceView(piece)),
  })
  const metrics = new Metrics({ version: '1', servers: [A], view: () => view, kernel: () => [] })
  await metrics.text()
  return (await metrics.registry.getMetricsAsJSON()).map(({ name, type, values }) => {
    const labels = new Map<string, Set<string>>()
    for (const [label, value] of values.flatMap((series) => Object.entries(series.labels)))
      if (label !== 'le') labels.set(label, (labels.get(label) ?? new Set()).add(String(value)))
    return { name, type: String(type), labels }
  })
}
