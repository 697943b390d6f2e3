import { describe, expect, it } from 'vitest'
import { Sock } from '../src/constants.ts'
import { BINDING_NAMES, loadLibc } from '../src/libc/load.ts'
import { RouteEvents } from '../src/rtnl/events.ts'
import { useInstalledFfiNapi, whyUnusable } from './support/bindings.ts'
import { errnoOf, familyAnswer, getFamily, middle, withSocket } from './support/raw.ts'

// Unprivileged: everything here asks nlctrl, which answers anybody, or only listens.
useInstalledFfiNapi()

for (const name of BINDING_NAMES) {
  const reason = name === 'koffi' ? undefined : whyUnusable(name)
  describe.skipIf(reason !== undefined)(`recvNow() by ${name}`, () => {
    const libc = () => loadLibc(name)

    it('says undefined at once when nothing is queued, and leaves the buffer alone', () => {
      withSocket(libc(), (fd) => {
        const { view, untouched } = middle(64)
        const before = view.slice()
        const start = performance.now()
        expect(libc().recvNow(fd, view, 0)).toBeUndefined()
        expect(performance.now() - start).toBeLessThan(1000)
        expect(view).toEqual(before)
        expect(untouched()).toBe(true)
      })
    })

    it('takes one datagram, and no more of it than fits', () => {
      const whole = familyAnswer(libc())
      withSocket(libc(), (fd) => {
        for (let request = 0; request < 2; request += 1) libc().send(fd, getFamily(), 0)
        const { view, untouched } = middle(16)
        expect(libc().recvNow(fd, view, 0)).toBe(16)
        expect(libc().recvNow(fd, view, Sock.MSG_TRUNC)).toBe(whole.length)
        expect(libc().recvNow(fd, view, 0)).toBeUndefined()
        expect(untouched()).toBe(true)
      })
    })

    it('throws every other errno, that of this call and not of an older one', () => {
      withSocket(libc(), (fd) => {
        for (let round = 0; round < 100; round += 1) {
          expect(errnoOf(() => libc().recvNow(-1, new Uint8Array(8), 0))).toBe('EBADF')
          expect(libc().recvNow(fd, new Uint8Array(8), 0)).toBeUndefined()
        }
      })
    })

    it('RouteEvents listens to the kernel of this machine', () => {
      const events = RouteEvents.open({ libc: libc() })
      expect(events.changed()).toBe(true)
      expect(typeof events.changed()).toBe('boolean')
      events.close()
    })
  })
}
