import { beforeEach, describe, expect, it } from 'vitest'
import { DevicePiece, parseEndpoint, runPass, undoAll } from '../../src/index.ts'
import { FakeLinks } from '../fake-links.ts'

const QUIET = { applied: [], failures: [] }

describe.each([
  ['IPv4', parseEndpoint('10.103.97.2:6443'), '10.103.97.2/32', '192.0.2.5'],
  ['IPv6', parseEndpoint('[fd00::2]:6443'), 'fd00::2/128', '2001:db8::5'],
])('DevicePiece (%s)', (_family, virtual, prefix, other) => {
  let links: FakeLinks
  let piece: DevicePiece
  const pass = (): string[] =>
    runPass([piece]).applied.map(({ kind, subject, found }) => `${kind} ${subject} (${found})`)

  beforeEach(() => {
    links = new FakeLinks()
    piece = new DevicePiece(links, virtual, 'lvscare')
  })

  it('makes the device and puts the address on it, and then writes nothing', () => {
    expect(pass()).toEqual(['add-device lvscare (nothing)', `add-address ${prefix} dev lvscare (nothing)`])
    expect(links.link('lvscare')).toMatchObject({ kind: 'dummy', up: true })
    expect(links.addresses()).toMatchObject([{ address: virtual.address }])
    expect(runPass([piece])).toEqual(QUIET)
  })

  it('mends what others do to it: device, address, its route, its being up', () => {
    pass()
    links.deleteLink('lvscare')
    expect(pass()).toHaveLength(2)
    links.setLinkDown('lvscare')
    expect(pass()).toEqual(['set-device-up lvscare (down)'])
    links.deleteAddress({ linkIndex: links.link('lvscare')?.index ?? 0, address: virtual.address })
    expect(pass()).toEqual([`add-address ${prefix} dev lvscare (no such address)`])
    links.withoutRoute.add(virtual.address)
    expect(pass()).toEqual([`add-address ${prefix} dev lvscare (no such address)`])
    expect(runPass([piece])).toEqual(QUIET)
  })

  it('leaves a link of that name alone that is no dummy', () => {
    links.addDummy('lvscare', 'vlan')
    const { applied, failures } = runPass([piece])
    expect([applied, failures]).toMatchObject([[], [{ error: { code: 'ERR_LVSCARE_DEVICE_TAKEN' } }]])
    expect(undoAll([piece])).toEqual(QUIET)
    expect(links.links).toHaveLength(1)
  })

  it('takes the device back, as often as one likes', () => {
    pass()
    expect(undoAll([piece]).applied).toMatchObject([{ kind: 'delete-device', subject: 'lvscare' }])
    expect(links.links).toEqual([])
    expect(undoAll([piece])).toEqual(QUIET)
  })

  it('takes only its address back where somebody put another one', () => {
    pass()
    links.replaceAddress({ linkIndex: links.link('lvscare')?.index ?? 0, address: other })
    expect(undoAll([piece]).applied).toMatchObject([{ kind: 'delete-address' }])
    expect(links.addresses()).toMatchObject([{ address: other }])
    expect(undoAll([piece])).toEqual(QUIET)
  })

  it('leaves a dummy alone that never had the address', () => {
    links.addDummy('lvscare')
    expect(undoAll([piece])).toEqual(QUIET)
    expect(links.links).toHaveLength(1)
  })
})
