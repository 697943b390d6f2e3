import { describe, expect, it } from 'vitest'
import { parseArguments } from '../src/arguments.ts'
import { programHelp } from '../src/help.ts'

const FLAGS = [
  { name: 'name', aliases: ['n'], type: 'text', describe: 'a text' },
  { name: 'on', type: 'switch', default: false, describe: 'a switch' },
] as const

describe('parseArguments for another program', () => {
  const shape = { program: 'tool', positionals: 1, rest: true }
  const read = (...argv: string[]): ReturnType<typeof parseArguments> =>
    parseArguments(argv, FLAGS, 'do', shape)

  it('takes words beside flags, in any order', () => {
    for (const argv of [
      ['word', '--name', 'x', '--on'],
      ['--name=x', 'word', '--on'],
      ['-n', 'x', '--on', 'word'],
    ]) {
      const { given, positionals } = read(...argv)
      expect([given.get('name'), given.get('on'), positionals]).toEqual([['x'], [true], ['word']])
    }
  })

  it('hands on what stands behind --, whatever it is', () => {
    expect(read('word', '--', '--name', '--help', '-x', '--')).toMatchObject({
      help: false,
      positionals: ['word'],
      rest: ['--name', '--help', '-x', '--'],
    })
  })

  it('names the program, and how many words it takes', () => {
    expect(() => read('one', 'two')).toThrow('"two": "tool do" takes no more than 1 word; see tool do --help')
    expect(() => read('--other')).toThrow('--other: is not a flag of "tool do"; see tool do --help')
  })

  it('takes neither words nor -- unless it is told to', () => {
    expect(() => parseArguments(['word'], FLAGS, 'do')).toThrow('"word": "lvscare do" takes flags only')
    expect(() => parseArguments(['--', 'word'], FLAGS, 'do')).toThrow('"--": "lvscare do" takes flags only')
  })

  it.each([
    ['abcdef.0123456789abcdef'],
    ['--tokn', 'abcdef.0123456789abcdef'],
    ['--secret-key', 'geheim'],
    ['--passwort', 'geheim'],
  ])('shows no secret of %s %s', (...argv) => {
    expect(() => parseArguments(argv, FLAGS, 'do')).toThrow(/^(?!.*(0123456789|geheim))/)
  })
})

describe('programHelp', () => {
  const help = {
    program: 'tool',
    summary: 'Does it.',
    commands: [{ name: 'do', usage: 'do [word]', describe: 'do it', flags: FLAGS }],
  }

  it('lists the commands as they are written', async () => {
    expect(await programHelp(help)).toMatch(
      /^tool <command>\n\nDoes it\.\n\nCommands:\n {2}tool do \[word\] +do it\n/,
    )
  })

  it('lists the flags of a command with aliases and defaults', async () => {
    const text = await programHelp(help, 'do')
    expect(text).toMatch(/^tool do \[word\]\n/)
    expect(text).toMatch(/^ +-n, --name +a text +\[string\]$/m)
    expect(text).toMatch(/^ +--on +a switch +\[boolean\] \[default: false\]$/m)
  })
})
