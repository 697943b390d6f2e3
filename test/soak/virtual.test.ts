import { expect, it } from 'vitest'
import { collect } from '../../packages/lvscare/test/collect.ts'
import { Random } from '../lab/random.ts'
import { virtualSoak } from './virtual.ts'

const HOURS = 0.1

it('six bad minutes of virtual time end in a whole rule and leave nothing in memory', async () => {
  const random = Random.fromEnvironment()
  console.log(`virtual soak: LVSCARE_SEED=${random.seed}`)
  const report = await virtualSoak(HOURS, random, collect)
  expect(report.problems).toEqual([])
  expect(report.passes).toBe(720)
  expect(report.damages).toBeGreaterThan(30)
  expect(report.verdicts).toBeGreaterThan(100)
  expect(report, 'the heap grew').toMatchObject({ flat: true })
}, 60_000)
