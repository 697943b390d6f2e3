import { appendFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Result } from '../stats.ts'
import { chosen } from './chosen.ts'
import { CONTESTANTS, type Contestant, type Guarding } from './contestants.ts'
import { type FailoverData, type Measured, measured, type Round, toJson } from './data.ts'
import { FAULTS, Field } from './faults.ts'
import { failoverTable } from './markdown.ts'
import { Newcomers } from './newcomers.ts'
import { behind, promises } from './promises.ts'
import { everybodyIn, goneFrom, play, type Setting } from './round.ts'

const ROUNDS = Number(process.env['LVSCARE_ROUNDS'] ?? 10)

/** Where the data goes: shared with the machine outside. */
const RESULTS = process.env['LVSCARE_RESULTS'] ?? '.'

/** A start costs more than what comes after, and is not what is compared. */
const SETTLE_MS = 5000

/** Every fault, ten times, for every contestant, one after the other with the same servers and the same client. */
export async function benchFailover(): Promise<Result[]> {
  const field = await Field.create()
  const results: Record<string, Record<string, Measured>> = {}
  for (const contestant of chosen(CONTESTANTS, 'LVSCARE_CONTESTANTS')) {
    results[contestant.name] = await compete(field, contestant)
  }
  await field.close()
  const taken = new Date().toISOString().slice(0, 10)
  const data: FailoverData = { taken, linux: release(), node: process.version, results }
  writeFileSync(join(RESULTS, 'failover.json'), toJson(data))
  console.log(`\n${failoverTable(data)}\n`)
  for (const line of behind(data)) console.log(`behind: ${line}`)
  return promises(data)
}

/** One process goes through all faults, as it would on a node, unless it does not recover from one. */
async function compete(field: Field, contestant: Contestant): Promise<Record<string, Measured>> {
  const results: Record<string, Measured> = {}
  let guarding = await begin(field, contestant)
  for (const fault of chosen(FAULTS, 'LVSCARE_FAULTS')) {
    if (fault.victims.length === 0 && !contestant.isIpvs) continue
    await leaveAbsent({ field, contestant, guarding, fault })
    const rounds: Round[] = []
    while (rounds.length < ROUNDS) {
      const round = await playAndNote({ field, contestant, guarding, fault }, rounds.length + 1)
      rounds.push(round)
      if (round.back !== null) continue
      await guarding.stop()
      guarding = await begin(field, contestant)
    }
    if (fault.absent !== undefined) await field.plug(fault.absent)
    results[fault.name] = measured(rounds)
  }
  await guarding.stop()
  return results
}

async function begin(field: Field, contestant: Contestant): Promise<Guarding> {
  const guarding = contestant.start(field.cluster)
  await everybodyIn(field, guarding)
  // The client too is slow for as long as it is new.
  const newcomers = new Newcomers()
  await delay(SETTLE_MS)
  await newcomers.stop()
  return guarding
}

/** Unplugs who is meant to be away, and waits until that is known. */
async function leaveAbsent(setting: Setting): Promise<void> {
  const { absent } = setting.fault
  if (absent === undefined) return
  await everybodyIn(setting.field, setting.guarding)
  await setting.field.pull(absent)
  await goneFrom(setting, performance.now(), [absent])
}

/** Each round is written down at once, for the sake of a run that is aborted. */
async function playAndNote(setting: Setting, number: number): Promise<Round> {
  const start = performance.now()
  const round = await play(setting)
  const { contestant, fault } = setting
  const line = JSON.stringify({ contestant: contestant.name, fault: fault.name, number, ...round })
  appendFileSync(join(RESULTS, 'failover-rounds.jsonl'), `${line}\n`)
  console.error(`failover: ${line} (${Math.round((performance.now() - start) / 1000)} s)`)
  return round
}
