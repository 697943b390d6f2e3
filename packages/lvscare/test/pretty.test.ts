import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prettyLine, prettyStream } from '../src/pretty.ts'

const RECORD = {
  level: 'warn',
  time: '2030-01-02T03:04:05.006Z',
  server: '192.0.2.1:6443',
  msg: 'server probed',
}

function pretty(fields: object, colour = false): string {
  return prettyLine(`${JSON.stringify({ ...RECORD, ...fields })}\n`, colour)
}

describe('prettyLine', () => {
  it('is local time, level, message and fields', () => {
    const two = (value: number): string => String(value).padStart(2, '0')
    const date = new Date(RECORD.time)
    const time = `${two(date.getHours())}:${two(date.getMinutes())}:05.006`
    expect(pretty({ from: 'up', to: 'draining' })).toBe(
      `${time} WARN  server probed  server=192.0.2.1:6443 from=up to=draining\n`,
    )
    expect(prettyLine(JSON.stringify({ level: 'info', time: RECORD.time, msg: 'x' }))).toBe(
      `${time} INFO  x\n`,
    )
  })

  it.each([
    ['[fd00::1]:6443', 'x=[fd00::1]:6443'],
    ['two words', 'x="two words"'],
    ['', 'x=""'],
    ['a="b"', 'x="a=\\"b\\""'],
    [12.5, 'x=12.5'],
    [true, 'x=true'],
    [null, 'x=null'],
    [['a', 'b'], 'x=["a","b"]'],
    [{ a: 1 }, 'x={"a":1}'],
  ])('shows %j as %s', (x, shown) => {
    expect(pretty({ x })).toContain(` ${shown}\n`)
  })

  it('colours the level where there are colours, and nothing else', () => {
    expect(pretty({}, true)).toContain('\u001b[33mWARN \u001b[0m server probed  server=')
    expect(pretty({ level: 'info' }, true)).not.toContain('\u001b')
    expect(pretty({})).not.toContain('\u001b')
  })

  it('is one line that commands no terminal, whatever was logged', () => {
    const anyValue = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), anyValue), (fields) => {
        expect(prettyLine(JSON.stringify(fields))).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e]*\n$/u)
      }),
    )
  })

  it('leaves what is no record as it is', () => {
    expect(prettyLine('{broken\n')).toBe('{broken\n')
    expect(prettyLine('12\n')).toBe('12\n')
  })
})

describe('prettyStream', () => {
  it('writes at once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvscare-pretty-'))
    const file = join(folder, 'log')
    const fd = openSync(file, 'w')
    const stream = prettyStream(fd)
    stream.write('one\n')
    expect(readFileSync(file, 'utf8')).toBe('one\n')
    stream.write('two\n')
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  it('does not throw when nothing can be written, keeps some, and goes on when it can be', () => {
    let text = ''
    let works = false
    const stream = prettyStream(1, (_fd, bytes, from) => {
      if (!works) throw Object.assign(new Error('again'), { code: 'EAGAIN' })
      // Not all of it, as a terminal may.
      const some = bytes.subarray(from, from + 1000)
      text += Buffer.from(some).toString('latin1')
      return some.length
    })
    for (let n = 0; n < 10_000; n += 1) stream.write(`line ${String(n).padStart(94, '0')}\n`)
    works = true
    stream.write('last\n')
    const lines = text.split('\n')
    expect(lines.length).toBeGreaterThan(2000)
    expect(lines.length).toBeLessThan(3000)
    expect(lines.slice(0, -1).every((line) => line.length === 99 || line === 'last')).toBe(true)
    stream.write('after\n')
    expect(text.endsWith('after\n')).toBe(true)
  })
})
