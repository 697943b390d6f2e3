import { describe, expect, it } from 'vitest'
import { KernelError, NoFamilyError } from '../src/index.ts'
import { ctrlLayouts, formatGolden, GoldenFolder, parseGolden, replayKernel } from '../src/testing/index.ts'
import { GOLDEN_CALLS } from './golden-calls.ts'
import { rtnlLayouts } from './layouts.ts'

const GOLDEN = new GoldenFolder(new URL('./golden/', import.meta.url))

/** What the kernel said, also where the client has another word for it. */
function refusalOf(call: () => unknown): KernelError {
  try {
    call()
  } catch (error) {
    const refusal = error instanceof NoFamilyError ? error.cause : error
    if (refusal instanceof KernelError) return refusal
    throw error
  }
  throw new Error('the call was not refused')
}

it('there is a call for every capture, and a capture of every call', () => {
  expect(GOLDEN.names().sort()).toEqual(Object.keys(GOLDEN_CALLS).sort())
})

describe.each(Object.entries(GOLDEN_CALLS))('%s.hex', (name, one) => {
  it('is what the call sends, and the answer reads as it did on the kernel', () => {
    const kernel = replayKernel(GOLDEN.read(name))
    if (one.errno === undefined) expect(one.call(kernel)).toEqual(one.result)
    else {
      const refusal = refusalOf(() => one.call(kernel))
      expect(refusal.errno).toBe(one.errno)
      expect(refusal.message).toContain(one.text ?? '')
    }
    expect(kernel.left()).toBe(0)
  })

  it('is written as the capture program writes it', () => {
    const text = GOLDEN.text(name)
    const layouts = name.startsWith('genl-') ? ctrlLayouts : rtnlLayouts
    expect(formatGolden(parseGolden(text), layouts)).toBe(text)
    expect(GOLDEN.read(name).command).toBe(one.command)
  })
})
