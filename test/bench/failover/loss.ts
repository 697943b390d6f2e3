import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { spoil } from '../../lab/netem.ts'
import type { Result } from '../stats.ts'
import { chosen } from './chosen.ts'
import { CONTESTANTS, type Contestant, type Guarding } from './contestants.ts'
import { Field } from './faults.ts'
import { Newcomers } from './newcomers.ts'
import { everybodyIn } from './round.ts'

const MINUTES = Number(process.env['LVSCARE_LOSS_MINUTES'] ?? 20)
const RESULTS = process.env['LVSCARE_RESULTS'] ?? '.'
const LOOK_EVERY_MS = 100

/** A packet in ten is lost on its way there, and on its way back; a round trip takes 300 ms. */
const WEATHER = { lossPercent: 10, delayMs: 150 }

/** The client gives every connection what the weather needs. */
const NEWCOMER_EVERY_MS = 1000
const NEWCOMER_LIMIT_MS = 15_000

/** How often a server that was well left the rule, or was drained. */
interface Departures {
  removals: number
  drains: number
}

/** False removals by the guard with its defaults, over 20 minutes of bad weather between it and all servers. */
export async function benchLoss(): Promise<Result[]> {
  const results = []
  const guard = CONTESTANTS.filter(({ name }) => name === 'guard')
  for (const contestant of chosen(CONTESTANTS, 'LVSCARE_CONTESTANTS', guard)) {
    const { removals } = await endure(contestant)
    // What others promise is not known here.
    if (contestant.name === 'guard') results.push(promise(removals))
  }
  return results
}

async function endure(contestant: Contestant): Promise<Departures> {
  const field = await Field.create()
  const guarding = contestant.start(field.cluster)
  await everybodyIn(field, guarding)
  for (const host of field.cluster.network.hosts) spoil(host, WEATHER)
  const newcomers = new Newcomers(NEWCOMER_EVERY_MS, NEWCOMER_LIMIT_MS)
  const found = await watched(field, guarding)
  await newcomers.stop()
  await guarding.stop()
  await field.close()
  const { made, failed } = newcomers
  const line = JSON.stringify({ contestant: contestant.name, minutes: MINUTES, ...found, made, failed })
  appendFileSync(join(RESULTS, 'loss.jsonl'), `${line}\n`)
  console.log(`\nloss: ${line}`)
  return found
}

async function watched(field: Field, guarding: Guarding): Promise<Departures> {
  const found = { removals: 0, drains: 0 }
  const end = performance.now() + MINUTES * 60_000
  let before = await guarding.weights()
  while (performance.now() < end) {
    await delay(LOOK_EVERY_MS)
    const now = await guarding.weights()
    for (const server of field.endpointsBut(undefined))
      count(found, server, before.get(server), now.get(server))
    before = now
  }
  return found
}

function count(found: Departures, server: string, before: number | undefined, now: number | undefined): void {
  if (before === now) return
  console.error(`loss: ${new Date().toISOString()} ${server} ${before ?? 'gone'} -> ${now ?? 'gone'}`)
  if (now === undefined) found.removals += 1
  else if (now === 0 && before !== undefined) found.drains += 1
}

function promise(removals: number): Result {
  const { lossPercent, delayMs } = WEATHER
  return {
    what: `false removals in ${MINUTES} minutes with ${lossPercent} % packet loss and ${2 * delayMs} ms delay`,
    ours: `${removals}`,
    rival: '0',
    ratio: removals,
    rule: 'at most',
    target: 0,
  }
}
