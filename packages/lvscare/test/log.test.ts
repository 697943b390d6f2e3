import fs from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOG_LEVELS, type Step } from '../src/index.ts'
import { createLog, failureFields, logPass } from '../src/log.ts'
import { MemoryLog } from './memory-log.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What reaches file descriptor 2 while `work` runs. */
function stderrOf(work: () => void): string {
  let text = ''
  const write = vi.spyOn(fs, 'writeSync').mockImplementation((fd: number, data: unknown) => {
    expect(fd).toBe(2)
    text += String(data)
    return Buffer.byteLength(String(data))
  })
  work()
  write.mockRestore()
  return text
}

const STEP: Step = {
  piece: 'route',
  kind: 'add-route',
  subject: 'a route',
  found: 'nothing',
  apply: () => undefined,
}

describe('createLog', () => {
  it('writes one JSON line for each record, at once, with the level as a word and the time', () => {
    const text = stderrOf(() => {
      const log = createLog('info')
      log.info({ server: 'a\nb' }, 'server state changed')
      log.error({}, 'step failed')
    })
    expect(text).toMatch(/^[^\n]+\n[^\n]+\n$/)
    const [first, second] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first).toEqual({
      level: 'info',
      time: expect.any(String),
      server: 'a\nb',
      msg: 'server state changed',
    })
    expect(Math.abs(Date.parse(first.time) - Date.now())).toBeLessThan(60_000)
    expect(second).toMatchObject({ level: 'error', msg: 'step failed' })
  })

  it.each(LOG_LEVELS)('keeps quiet below %s', (level) => {
    const text = stderrOf(() => {
      const log = createLog(level)
      log.debug({}, 'debug')
      log.info({}, 'info')
      log.warn({}, 'warn')
      log.error({}, 'error')
    })
    const said = ['debug', 'info', 'warn', 'error'].filter((word) => text.includes(`"msg":"${word}"`))
    expect(said).toEqual(
      LOG_LEVELS.slice(LOG_LEVELS.indexOf(level)).filter((one) => one !== 'trace' && one !== 'fatal'),
    )
  })
})

describe('logPass', () => {
  it('gives every step and every failure a line', () => {
    const log = new MemoryLog()
    logPass(log, {
      applied: [STEP],
      failures: [{ piece: 'service', step: undefined, error: new Error('no\nIPVS') }],
    })
    expect(log.lines).toEqual([
      {
        level: 'info',
        message: 'step applied',
        fields: { piece: 'route', kind: 'add-route', subject: 'a route', found: 'nothing' },
      },
      {
        level: 'error',
        message: 'step failed',
        fields: { piece: 'service', kind: 'observe', subject: undefined, code: undefined, error: 'no IPVS' },
      },
    ])
  })
})

describe('failureFields', () => {
  it('names the step and the code', () => {
    const error = Object.assign(new Error('refused'), { code: 'ERR_IPVS_KERNEL' })
    expect(failureFields({ piece: 'route', step: STEP, error })).toEqual({
      piece: 'route',
      kind: 'add-route',
      subject: 'a route',
      code: 'ERR_IPVS_KERNEL',
      error: 'refused',
    })
  })
})
