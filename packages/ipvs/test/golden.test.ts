import { formatGolden, parseGolden, replayKernel, turnsOf } from '@lvscare/netlink/testing'
import { describe, expect, it } from 'vitest'
import { Ipvs } from '../src/index.ts'
import { GOLDEN } from './golden.ts'
import { GOLDEN_CALLS } from './golden-calls.ts'
import { ipvsLayouts } from './layouts.ts'

it('there is a call for every capture, and a capture of every call', () => {
  expect(GOLDEN.names().sort()).toEqual(Object.keys(GOLDEN_CALLS).sort())
})

describe.each(Object.entries(GOLDEN_CALLS))('%s.hex', (name, { command, call, code, result }) => {
  it('is what the call sends, and the answer reads as it did on the kernel', () => {
    const kernel = replayKernel(GOLDEN.read(name))
    const ipvs = Ipvs.open({ libc: kernel })
    if (code === undefined) expect(call(ipvs)).toEqual(result)
    else expect(() => call(ipvs)).toThrow(expect.objectContaining({ code }))
    expect(kernel.left()).toBe(0)
  })

  it('is written as the capture program writes it', () => {
    const text = GOLDEN.text(name)
    expect(formatGolden(parseGolden(text), ipvsLayouts)).toBe(text)
    expect(GOLDEN.read(name).command).toBe(command)
  })
})

it('a dump of many destinations came in several datagrams', () => {
  expect(turnsOf(GOLDEN.read('dest-many')).map(({ answers }) => answers.length)).toEqual([2])
})

it('the attributes have their names', () => {
  expect(GOLDEN.text('dest-tunnel')).toContain('\n    06000e00 15b30000  # TUN_PORT\n')
})

it('the replay refuses a request that differs from the capture', () => {
  const ipvs = Ipvs.open({ libc: replayKernel(GOLDEN.read('new-service')) })
  expect(() =>
    ipvs.addService({ protocol: 'tcp', address: '10.1.2.3', port: 6444, scheduler: 'rr' }),
  ).toThrow('the capture has the request')
})
