import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseReport } from '../../src/status/parse.ts'
import { guardReport, kernelReport } from '../../src/status/report.ts'
import type { StatusReport } from '../../src/status/shape.ts'
import { A, B, deadServerView, guardView, member, serverView } from '../views.ts'

const certificate = { expiresMs: Date.UTC(2040, 1), subject: 'CN=a', issuer: 'CN=ca', names: ['a'] }
const view = guardView({ servers: [serverView(A, { certificate }), deadServerView(B)] })
const facts = {
  virtual: '10.103.97.2:6443',
  scheduler: 'rr',
  mode: 'local',
  version: '1',
  pid: 1,
  flags: new Map([['vs', ['x']]]),
}
const FULL = guardReport(view, facts, () => [member({ address: '192.0.2.1', port: 6443 })])
const BARE = kernelReport({ virtual: A, rule: { virtual: A, scheduler: 'rr', members: [] }, guardError: 'x' })

/** What comes out of a socket. */
function overTheWire(report: unknown): unknown {
  return JSON.parse(JSON.stringify(report))
}

/** The document with one value replaced, found by its keys. */
function changed(report: StatusReport, keys: readonly string[], value: unknown): unknown {
  const document = JSON.parse(JSON.stringify(report))
  const last = keys.at(-1) ?? ''
  const parent = keys.slice(0, -1).reduce((inside, key) => inside[key], document)
  parent[last] = value
  return document
}

describe('parseReport', () => {
  it('takes back what a guard tells', () => {
    for (const report of [FULL, BARE]) expect(parseReport(overTheWire(report))).toEqual(report)
  })

  it('leaves out what a younger guard tells besides', () => {
    expect(parseReport({ ...FULL, more: 1 })).toEqual(FULL)
  })

  it.each([
    [['virtual'], 1, 'report.virtual is no text'],
    [['allDown'], 'no', 'report.allDown is neither true nor false'],
    [['guard', 'pid'], '1', 'report.guard.pid is no number'],
    [['guard'], [], 'report.guard.version is no text'],
    [['guard', 'flags', 'vs'], 'x', 'report.guard.flags.vs is no list'],
    [['servers'], {}, 'report.servers is no list'],
    [['servers', '1', 'state'], 'dead', 'report.servers[1].state is none of unknown, up, draining, down'],
    [
      ['servers', '0', 'certificate', 'names', '0'],
      null,
      'report.servers[0].certificate.names[0] is no text',
    ],
    [['servers', '0', 'weight'], undefined, 'report.servers[0].weight is no number'],
    [['servers', '0', 'lastProbe'], 3, 'report.servers[0].lastProbe is no object'],
  ])('says what is wrong at %s', (keys, value, message) => {
    expect(() => parseReport(changed(FULL, keys, value))).toThrow(new TypeError(message))
  })

  it('throws nothing but a TypeError, whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        expect(() => parseReport(document)).toThrow(TypeError)
      }),
    )
  })
})
