import { describe, expect, it } from 'vitest'
import { FlagValues, UsageError } from '../src/index.ts'

function values(given: Record<string, (string | boolean)[]>): FlagValues {
  return new FlagValues(new Map(Object.entries(given)))
}

describe('FlagValues', () => {
  it('text gives the value, else the default, else undefined', () => {
    expect(values({ interval: ['7'] }).text('interval')).toBe('7')
    expect(values({}).text('interval')).toBe('5')
    expect(values({}).text('vs')).toBeUndefined()
  })

  it('text refuses a repeated flag, with both values', () => {
    const flags = values({ vs: ['10.0.0.1:1', '10.0.0.2:2'] })
    expect(() => flags.text('vs')).toThrow(UsageError)
    expect(() => flags.text('vs')).toThrow(
      '--vs "10.0.0.1:1" "10.0.0.2:2": is given 2 times, but counts once',
    )
  })

  it('text refuses an empty value', () => {
    expect(() => values({ scheduler: [''] }).text('scheduler')).toThrow('--scheduler "": needs a value')
  })

  it('list keeps the order, and takes commas apart', () => {
    expect(values({ rs: ['a,b', 'c'] }).list('rs')).toEqual(['a', 'b', 'c'])
    expect(values({}).list('rs')).toEqual([])
  })

  it('switch gives the value, else the default', () => {
    expect(values({ 'run-once': [true] }).switch('run-once')).toBe(true)
    expect(values({}).switch('run-once')).toBe(false)
    expect(values({}).switch('health-insecure-skip-verify')).toBe(true)
    expect(values({ 'health-insecure-skip-verify': [false] }).switch('health-insecure-skip-verify')).toBe(
      false,
    )
  })
})

describe('FlagValues of a flag that does not exist', () => {
  it('is our own mistake', () => {
    expect(() => values({}).text('cleen')).toThrow(TypeError)
  })
})
