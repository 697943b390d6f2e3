import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Door, type DoorOptions, SEATS } from '../../src/serve/door.ts'
import { until } from '../wait.ts'

const NODE = '192.0.2.1'

/** A connection from an address to this node. */
class FakeSocket extends EventEmitter {
  readonly localAddress = NODE
  readonly remoteAddress: string | undefined
  destroyed = false

  constructor(remoteAddress: string | undefined) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    // As Node does: not while it is being destroyed.
    queueMicrotask(() => this.emit('close'))
  }
}

/** A door, and what it has taken. */
function doorWith(options: Partial<DoorOptions> = {}): {
  readonly door: Door
  readonly taken: Socket[]
  readonly enter: (address: string | undefined, times?: number) => FakeSocket[]
} {
  const taken: Socket[] = []
  const door = new Door({ take: (socket) => void taken.push(socket), ...options })
  const enter = (address: string | undefined, times = 1): FakeSocket[] =>
    Array.from({ length: times }, () => {
      const socket = new FakeSocket(address)
      door.enter(socket as unknown as Socket)
      return socket
    })
  return { door, taken, enter }
}

function alive(sockets: readonly FakeSocket[]): number {
  return sockets.filter(({ destroyed }) => !destroyed).length
}

describe('Door', () => {
  it('always has a seat for this node, however many others sit there', () => {
    const { door, taken, enter } = doorWith()
    const others = enter('198.51.100.1', 1000)
    expect(alive(others)).toBe(SEATS)
    for (const address of ['127.0.0.1', NODE]) {
      const [kubelet] = enter(address)
      expect([kubelet?.destroyed, taken.at(-1)]).toEqual([false, kubelet])
    }
    door.close()
    expect(alive(others)).toBe(0)
  })

  it('has a seat for a scraper, although another host takes all it can get', () => {
    const { door, enter } = doorWith()
    enter('198.51.100.1', 100)
    const [scraper] = enter('198.51.100.2')
    enter('198.51.100.1', 100)
    expect(scraper?.destroyed).toBe(false)
    door.close()
  })

  it('takes up a burst of others at once, then so many a second, each in its turn; this node does not wait', async () => {
    let nowMs = 0
    const { door, taken, enter } = doorWith({ clock: () => nowMs })
    for (let n = 1; n <= SEATS; n += 1) for (const one of enter(`198.51.100.${n}`)) one.destroy()
    await until('seats given back', () => true)
    const waiting = [...enter('198.51.100.101'), ...enter('198.51.100.102')]
    expect(taken).toHaveLength(SEATS)
    const [own] = enter('127.0.0.1')
    expect(taken.at(-1)).toBe(own)
    for (const one of waiting) {
      nowMs += 20
      await until('the next one', () => taken.at(-1) === (one as unknown as Socket))
    }
    door.close()
  })

  it('does not take up who has gone meanwhile', async () => {
    let nowMs = 0
    const { door, taken, enter } = doorWith({ clock: () => nowMs })
    enter('198.51.100.1', SEATS)
    const [gone] = enter('198.51.100.2')
    const [next] = enter('198.51.100.3')
    gone?.destroy()
    nowMs += 40
    await until('the next one', () => taken.includes(next as unknown as Socket))
    expect(taken).not.toContain(gone)
    door.close()
  })

  it('ends every connection after its time, whatever it is doing', async () => {
    const { enter } = doorWith({ connectionMs: 30 })
    const sockets = [...enter('127.0.0.1'), ...enter('198.51.100.1', SEATS + 5)]
    await delay(15)
    expect(alive(sockets)).toBe(SEATS + 1)
    await until('every connection ended', () => alive(sockets) === 0)
  })

  it('survives a connection that was over before it came in', () => {
    const limitSilence = (): void => {
      throw new Error('EBADF')
    }
    const { door, enter } = doorWith({ limitSilence })
    expect(() => enter(undefined)).not.toThrow()
    door.close()
  })
})
