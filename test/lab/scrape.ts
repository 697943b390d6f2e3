import { get } from 'node:http'
import { text } from 'node:stream/consumers'

/** Every series of a guard's `/metrics` by its name and labels. */
export type Series = ReadonlyMap<string, number>

/** Reads the metrics of the guard that serves them at this address, on a connection that does not stay. */
export async function scrape(address: string): Promise<Series> {
  const page = await new Promise<string>((resolve, reject) => {
    const asked = get(`http://${address}/metrics`, { agent: false }, (answer) => {
      text(answer).then(resolve, reject)
    })
    asked.on('error', reject)
  })
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

/** The sum of all series of a metric. */
export function sumOf(series: Series, metric: string): number {
  let sum = 0
  for (const [name, value] of series) if (name.split('{')[0] === metric) sum += value
  return sum
}
