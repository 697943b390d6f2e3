import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { askGuard, guardsHere } from '../src/ask-guard.ts'
import { isGuarded } from '../src/is-guarded.ts'
import { openSeat, type Seat } from '../src/seat.ts'

const VIRTUAL = '10.103.97.2:6443'
const open: Seat[] = []

function seat(report: () => unknown = () => ({ hello: 'there' }), virtual: string = VIRTUAL): Seat {
  const one = openSeat(virtual, isGuarded, report)
  open.push(one)
  return one
}

describe('openSeat', () => {
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })

  it('belongs to the first, and to the second when the first gives it back', async () => {
    const [first, second] = [seat(), seat()]
    expect(isGuarded(VIRTUAL)).toBe(false)
    expect(await first.tryToTake()).toBe('mine')
    expect(await second.tryToTake()).toBe('held')
    expect(await first.tryToTake()).toBe('mine')
    expect(isGuarded(VIRTUAL)).toBe(true)
    await first.close()
    expect(await second.tryToTake()).toBe('mine')
  })

  it('is another one for another virtual server', async () => {
    expect(await seat().tryToTake()).toBe('mine')
    expect(await seat(undefined, '[fd00::2]:6443').tryToTake()).toBe('mine')
    expect(guardsHere()).toEqual([VIRTUAL, '[fd00::2]:6443'])
  })

  it('tells who asks, each time anew, and says nothing when nobody is there', async () => {
    expect(await askGuard(VIRTUAL)).toBeUndefined()
    let asked = 0
    await seat(() => ({ asked: ++asked })).tryToTake()
    const first = await askGuard(VIRTUAL)
    const second = await askGuard(VIRTUAL)
    expect(Number(Object.values(first ?? {})[0])).toBeLessThan(Number(Object.values(second ?? {})[0]))
  })

  it('lives on when there is nothing that it could tell', async () => {
    const mute = (): never => {
      throw new Error('no words')
    }
    await seat(mute).tryToTake()
    expect(await askGuard(VIRTUAL)).toEqual({ error: 'no words' })
    expect(isGuarded(VIRTUAL)).toBe(true)
  })

  it('is not upset by who connects and goes, or stays and says nothing', async () => {
    await seat(() => ({ text: 'x'.repeat(1_000_000) })).tryToTake()
    const idle = connect(`\0${`lvscare/${VIRTUAL}`.padEnd(107, '/')}`)
    await once(idle, 'connect')
    for (let n = 0; n < 20; n += 1) connect(`\0${`lvscare/${VIRTUAL}`.padEnd(107, '/')}`).destroy()
    expect(await askGuard(VIRTUAL)).toMatchObject({ text: expect.stringMatching(/^x+$/) })
    idle.destroy()
  })
})
