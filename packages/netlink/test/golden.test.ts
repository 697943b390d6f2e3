import { describe, expect, it } from 'vitest'
import { ctrlLayouts, formatGolden, GoldenFolder, parseGolden, replayKernel } from '../src/testing/index.ts'
import { GOLDEN_CALLS } from './golden-calls.ts'
import { rtnlLayouts } from './layouts.ts'

const GOLDEN = new GoldenFolder(new URL('./golden/', import.meta.url))

it('there is a call for every capture, and a capture of every call', () => {
  expect(GOLDEN.names().sort()).toEqual(Object.keys(GOLDEN_CALLS).sort())
})

describe.each(Object.entries(GOLDEN_CALLS))('%s.hex', (name, one) => {
  it('is what the call sends, and the answer reads as it did on the kernel', () => {
    const kernel = replayKernel(GOLDEN.read(name))
    if (one.errno === undefined) expect(one.call(kernel)).toEqual(one.result)
    else if (one.text === undefined)
      expect(() => one.call(kernel)).toThrow(one.errno === 'ENOENT' ? /./ : one.errno)
    else
      expect(() => one.call(kernel)).toThrow(
        expect.objectContaining({ errno: one.errno, message: expect.stringContaining(one.text) }),
      )
    expect(kernel.left()).toBe(0)
  })

  it('is written as the capture program writes it', () => {
    const text = GOLDEN.text(name)
    const layouts = name.startsWith('genl-') ? ctrlLayouts : rtnlLayouts
    expect(formatGolden(parseGolden(text), layouts)).toBe(text)
    expect(GOLDEN.read(name).command).toBe(one.command)
  })
})
