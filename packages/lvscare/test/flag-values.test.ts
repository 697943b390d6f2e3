import { describe, expect, it } from 'vitest'
import { CARE_FLAGS, FlagValues, UsageError, variableOf } from '../src/index.ts'

function values(
  given: Record<string, (string | boolean)[]>,
  environment: Record<string, string> = {},
): FlagValues {
  return new FlagValues(new Map(Object.entries(given)), CARE_FLAGS, environment)
}

describe('FlagValues', () => {
  it('text gives the value, else the default, else undefined', () => {
    expect(values({ interval: ['7'] }).text('interval')).toBe('7')
    expect(values({}).text('interval')).toBe('5')
    expect(values({}).text('vs')).toBeUndefined()
  })

  it('text takes the last of several values, as lvscare does', () => {
    expect(values({ vs: ['10.0.0.1:1', '10.0.0.2:2'] }).text('vs')).toBe('10.0.0.2:2')
  })

  it('text refuses an empty value', () => {
    expect(() => values({ scheduler: [''] }).text('scheduler')).toThrow('--scheduler "": needs a value')
  })

  it('text takes an empty value for none where there is no default, as templates leave it', () => {
    expect(values({ ip: [''] }).text('ip')).toBeUndefined()
    expect(values({ vs: [''] }).text('vs')).toBeUndefined()
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

describe('FlagValues from the environment', () => {
  it.each([
    ['vs', 'CARE_VS'],
    ['health-insecure-skip-verify', 'CARE_HEALTH_INSECURE_SKIP_VERIFY'],
    ['masqueradebit', 'CARE_MASQUERADEBIT'],
  ])('--%s is %s there', (flag, variable) => {
    expect(variableOf(flag)).toBe(variable)
  })

  it.each(CARE_FLAGS.map(({ name, type }) => [name, type] as const))('reads --%s, a %s', (name, type) => {
    const flags = values({}, { [variableOf(name)]: type === 'switch' ? 'T' : '7,8' })
    expect(flags.isGiven(name)).toBe(true)
    expect(flags.label(name)).toBe(variableOf(name))
    if (type === 'switch') expect(flags.switch(name)).toBe(true)
    else if (type === 'list') expect(flags.list(name)).toEqual(['7', '8'])
    else expect(flags.text(name)).toBe('7,8')
  })

  it('a flag on the command line wins', () => {
    const flags = values({ interval: ['7'] }, { CARE_INTERVAL: '8' })
    expect([flags.text('interval'), flags.label('interval')]).toEqual(['7', '--interval'])
  })

  it('the environment wins over the default, an empty variable does not', () => {
    expect(values({}, { CARE_INTERVAL: '8' }).text('interval')).toBe('8')
    expect(values({}, { CARE_INTERVAL: '' }).text('interval')).toBe('5')
    expect(values({}, { CARE_INTERVAL: '' }).isGiven('interval')).toBe(false)
  })

  it('an alias has a variable of its own', () => {
    const flags = values({}, { CARE_HEALTH_SCHEM: 'http' })
    expect([flags.text('health-scheme'), flags.label('health-scheme')]).toEqual(['http', 'CARE_HEALTH_SCHEM'])
  })

  it.each(['1', 't', 'T', 'true', 'TRUE', 'True'])('a switch is true for %s', (text) => {
    expect(values({}, { CARE_CLEAN: text }).switch('clean')).toBe(true)
  })

  it.each(['0', 'f', 'F', 'false', 'FALSE', 'False'])('a switch is false for %s', (text) => {
    expect(values({}, { CARE_HEALTH_INSECURE_SKIP_VERIFY: text }).switch('health-insecure-skip-verify')).toBe(
      false,
    )
  })

  it('a switch that is neither is refused, by its variable', () => {
    expect(() => values({}, { CARE_CLEAN: 'yes' }).switch('clean')).toThrow(
      new UsageError('CARE_CLEAN "yes": must be true or false'),
    )
  })
})
