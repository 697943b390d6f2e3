import { describe, expect, it } from 'vitest'
import { progressOf } from '../../src/cli/progress.ts'
import type { ApplyEvent, StepInfo } from '../../src/plan/step.ts'
import { fakeCliHost } from './fake-cli-host.ts'

const STEP: StepInfo = {
  id: 'rule 10.0.0.9:6443',
  kind: 'rule',
  title: 'set the rule',
  before: undefined,
  after: 'rr',
  reversible: true,
}

function event(type: ApplyEvent['type'], error?: unknown): ApplyEvent {
  return { type, host: 'n1', step: STEP, ...(error === undefined ? {} : { error }) }
}

function shown(
  style: { json?: boolean; several?: boolean; isTerminal?: boolean },
  act: (p: ReturnType<typeof progressOf>) => void,
): string {
  const { json = false, several = false, isTerminal = false } = style
  const host = fakeCliHost({ isTerminal })
  const progress = progressOf(host, { json, several })
  act(progress)
  progress.end()
  expect(host.seen.out).toBe('')
  return host.seen.err
}

describe('progressOf', () => {
  it('writes plain lines into a log: what became of each step, not that it began', () => {
    const text = shown({}, (progress) => {
      for (const type of ['start', 'done', 'undo', 'undone'] as const) progress.event(event(type))
      progress.event(event('failed', new Error('no\nroute')))
    })
    expect(text).toBe(
      'n1: set the rule: done\nn1: set the rule: taken back\nn1: set the rule: FAILED: no route\n',
    )
  })

  it('updates one line on a terminal, and leaves none open', () => {
    const text = shown({ isTerminal: true }, (progress) => {
      progress.event(event('start'))
      progress.event(event('done'))
      progress.event(event('start'))
    })
    expect(text).toBe(
      '\r\u001b[K... set the rule\r\u001b[Kset the rule: done\n\r\u001b[K... set the rule\r\u001b[K',
    )
  })

  it('does not update lines when several nodes write them', () => {
    const text = shown({ isTerminal: true, several: true }, (progress) => progress.event(event('done')))
    expect(text).toBe('n1: set the rule: done\n')
  })

  it('writes lines of JSON for programs', () => {
    const text = shown({ json: true, isTerminal: true }, (progress) => {
      progress.event(event('start'))
      progress.event(event('failed', new Error('why')))
      progress.output('n1', 'half a line')
    })
    const step = { id: STEP.id, kind: 'rule', title: STEP.title }
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { type: 'start', host: 'n1', step },
      { type: 'failed', host: 'n1', step, error: 'why' },
      { type: 'output', host: 'n1', output: 'half a line' },
    ])
  })

  it('puts the output of programs together to lines, each node by itself, and makes it harmless', () => {
    const text = shown({}, (progress) => {
      progress.output('n1', 'one ')
      progress.output('n2', 'other\u001b[2J\n')
      progress.output('n1', 'line\r\nlast')
    })
    expect(text).toBe('n2: | other [2J\nn1: | one line\nn1: | last\n')
  })
})
