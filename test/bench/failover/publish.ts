// Draws what docs/performance.md shows of the failover from docs/failover.json: the chart, and the table between two marks.
// With an argument that file becomes docs/failover.json first: `node test/dist/publish.mjs .cache/bench/failover.json`.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawChart } from './chart.ts'
import { type FailoverData, toJson } from './data.ts'
import { withTable } from './markdown.ts'

const docs = (name: string): string => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))

const [source = docs('failover.json')] = process.argv.slice(2)
const data: FailoverData = JSON.parse(readFileSync(source, 'utf8'))
writeFileSync(docs('failover.json'), toJson(data))
writeFileSync(docs('failover.svg'), drawChart(data))
writeFileSync(docs('performance.md'), withTable(readFileSync(docs('performance.md'), 'utf8'), data))
