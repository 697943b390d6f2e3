import { describe, expect, it } from 'vitest'
import { FailureLog } from '../src/failure-log.ts'
import type { Failure, Step } from '../src/index.ts'
import { MemoryLog } from './memory-log.ts'

const STEP: Step = {
  piece: 'servers',
  kind: 'add-server',
  subject: 'x weight 1',
  found: 'nothing',
  apply: () => undefined,
}

function refused(message: string, step: Step | undefined = STEP): Failure {
  return { piece: 'servers', step, error: Object.assign(new Error(message), { code: 'ERR_FAKE' }) }
}

describe('FailureLog', () => {
  it('logs a failure when it begins, not while it lasts, when it changes and when it is over', () => {
    const log = new MemoryLog()
    const failures = new FailureLog(log)
    failures.update([], 0)
    expect(log.take()).toEqual([])
    failures.update([refused('no')], 0)
    expect(log.take()).toEqual(['error step failed'])
    for (let pass = 0; pass < 5; pass += 1) failures.update([refused('no')], 0)
    expect(log.take()).toEqual([])
    failures.update([refused('still no')], 0)
    expect(log.take()).toEqual(['error step failed'])
    failures.update([], 0)
    expect(log.take()).toEqual(['info step no longer fails'])
    failures.update([], 0)
    expect(log.take()).toEqual([])
    failures.update([refused('still no')], 0)
    expect(log.take()).toEqual(['error step failed'])
  })

  it('says what was tried and what was answered', () => {
    const log = new MemoryLog()
    const failures = new FailureLog(log)
    failures.update([refused('no\nway')], 0)
    failures.update([], 0)
    const what = { piece: 'servers', kind: 'add-server', subject: 'x weight 1' }
    expect(log.lines.map(({ fields }) => fields)).toEqual([
      { ...what, code: 'ERR_FAKE', error: 'no way' },
      { ...what, code: undefined, error: undefined },
    ])
  })

  it('keeps failures apart by piece, kind and subject', () => {
    const log = new MemoryLog()
    const failures = new FailureLog(log)
    failures.update(
      [refused('no'), refused('no', { ...STEP, subject: 'y' }), { ...refused('no'), step: undefined }],
      0,
    )
    expect(log.take()).toHaveLength(3)
    failures.update([refused('no')], 0)
    expect(log.lines.map(({ message, fields }) => [message, fields['kind'], fields['subject']])).toEqual([
      ['step no longer fails', 'add-server', 'y'],
      ['step no longer fails', 'observe', undefined],
    ])
  })
})
