import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { VIRTUAL } from '../../lab/cluster.ts'
import { spoil } from '../../lab/netem.ts'
import { membersNow } from '../../lab/proc-table.ts'
import type { Result } from '../stats.ts'
import { CONTESTANTS } from './contestants.ts'
import { Field } from './faults.ts'
import { Newcomers } from './newcomers.ts'
import { everybodyIn } from './round.ts'

const MINUTES = Number(process.env['LVSCARE_LOSS_MINUTES'] ?? 20)
const RESULTS = process.env['LVSCARE_RESULTS'] ?? '.'
const LOOK_EVERY_MS = 100

/** A packet in ten is lost on its way there, and on its way back; a round trip takes 300 ms. */
const WEATHER = { lossPercent: 10, delayMs: 150 }

/** A client that is not the guard, and gives every connection what the weather needs. */
const NEWCOMER_EVERY_MS = 1000
const NEWCOMER_LIMIT_MS = 15_000

/** How often a server that was well left the rule. */
interface Departures {
  removals: number
  drains: number
}

/** False removals by the guard with its defaults, over 20 minutes of bad weather between it and all servers. */
export async function benchLoss(): Promise<Result[]> {
  const contestant = CONTESTANTS.find(({ name }) => name === (process.env['LVSCARE_CONTESTANTS'] ?? 'guard'))
  if (contestant === undefined) throw new RangeError('LVSCARE_CONTESTANTS names nobody, or more than one')
  const field = await Field.create()
  const guarding = contestant.start(field.cluster)
  await everybodyIn(field, guarding)
  for (const host of field.cluster.network.hosts) spoil(host, WEATHER)
  const newcomers = new Newcomers(NEWCOMER_EVERY_MS, NEWCOMER_LIMIT_MS)
  const found = await watched(field)
  await newcomers.stop()
  await guarding.stop()
  await field.close()
  const { made, failed } = newcomers
  const line = JSON.stringify({ contestant: contestant.name, minutes: MINUTES, ...found, made, failed })
  appendFileSync(join(RESULTS, 'loss.jsonl'), `${line}\n`)
  console.log(`\nloss: ${line}`)
  return [
    {
      what: `false removals in ${MINUTES} minutes with ${WEATHER.lossPercent} % packet loss and 300 ms delay`,
      ours: `${found.removals}`,
      rival: '0',
      ratio: found.removals,
      rule: 'at most',
      target: 0,
    },
  ]
}

async function watched(field: Field): Promise<Departures> {
  const found = { removals: 0, drains: 0 }
  const end = performance.now() + MINUTES * 60_000
  let before = weights(field)
  while (performance.now() < end) {
    await delay(LOOK_EVERY_MS)
    const now = weights(field)
    for (const [server, weight] of now) count(found, server, before.get(server), weight)
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

/** The weight of each server in the kernel; `undefined` where it is gone. */
function weights(field: Field): Map<string, number | undefined> {
  const members = membersNow(VIRTUAL.v4)
  return new Map(field.cluster.servers.map(({ endpoint }) => [endpoint, members?.get(endpoint)]))
}
