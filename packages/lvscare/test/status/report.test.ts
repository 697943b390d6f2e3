import { describe, expect, it } from 'vitest'
import { type GuardFacts, guardReport, kernelReport } from '../../src/status/report.ts'
import { SICK } from '../verdicts.ts'
import { A, B, deadServerView, guardView, member, pieceView, serverView } from '../views.ts'

const WALL_MS = Date.parse('2030-01-01T00:01:40.000Z')
const FACTS: GuardFacts = {
  virtual: '10.103.97.2:6443',
  scheduler: 'rr',
  mode: 'local',
  version: '1.2.3',
  pid: 42,
  flags: new Map([['vs', ['10.103.97.2:6443']]]),
}

describe('guardReport', () => {
  it('tells everything, with the times of the wall clock', () => {
    const certificate = {
      expiresMs: WALL_MS + 86_400_000 * 1.5,
      subject: 'CN=a',
      issuer: 'CN=ca',
      names: ['192.0.2.1'],
    }
    const view = guardView({ servers: [serverView(A, { certificate }), deadServerView(B)] })
    const counted = { activeConnections: 5, inactiveConnections: 2 }
    const stats = { connections: 9n, inPackets: 8n, outPackets: 7n, inBytes: 6n, outBytes: 5n }
    const found = member({ address: '192.0.2.1', port: 6443 }, counted, stats)
    const report = guardReport(view, FACTS, () => [found], WALL_MS)
    expect(report).toMatchObject({
      source: 'guard',
      time: '2030-01-01T00:01:40.000Z',
      virtual: '10.103.97.2:6443',
      scheduler: 'rr',
      mode: 'local',
      guard: {
        version: '1.2.3',
        pid: 42,
        flags: { vs: ['10.103.97.2:6443'] },
        started: '2030-01-01T00:00:40.000Z',
        uptimeSeconds: 60,
        active: true,
        alive: true,
        ready: true,
      },
      guardError: null,
      kernelError: null,
      allDown: false,
    })
    expect(report.path[0]).toEqual({ piece: 'route', ok: true, error: null, repairs: 0 })
    expect(report.servers).toEqual([
      {
        server: A,
        configured: true,
        state: 'up',
        why: { outcome: 'healthy', reason: 'ok', status: 200, detail: null },
        since: '2030-01-01T00:01:30.000Z',
        sinceSeconds: 10,
        failingSince: null,
        failingSeconds: null,
        wantedWeight: 1,
        weight: 1,
        activeConnections: 5,
        inactiveConnections: 2,
        connectionsTotal: 9,
        incomingPacketsTotal: 8,
        outgoingPacketsTotal: 7,
        incomingBytesTotal: 6,
        outgoingBytesTotal: 5,
        lastProbe: {
          outcome: 'healthy',
          reason: 'ok',
          status: 200,
          detail: null,
          time: '2030-01-01T00:01:39.000Z',
          ageSeconds: 1,
          ms: 3,
        },
        certificate: {
          expires: '2030-01-02T12:01:40.000Z',
          daysLeft: 1.5,
          subject: 'CN=a',
          issuer: 'CN=ca',
          names: ['192.0.2.1'],
        },
      },
      expect.objectContaining({
        server: B,
        state: 'down',
        why: { outcome: 'dead', reason: 'refused', status: null, detail: 'connect ECONNREFUSED' },
        failingSince: '2030-01-01T00:01:28.000Z',
        failingSeconds: 12,
        wantedWeight: null,
        weight: null,
        connectionsTotal: null,
        certificate: null,
      }),
    ])
  })

  it('tells why a server is in its state, not only what the last probe saw', () => {
    const view = guardView({ servers: [deadServerView(A, { lastVerdict: SICK })] })
    const [server] = guardReport(view, FACTS, () => [], WALL_MS).servers
    expect([server?.why?.reason, server?.lastProbe?.reason]).toEqual(['refused', 'status'])
  })

  it('tells of members that nobody configured, after the others', () => {
    const stranger = member({ address: '192.0.2.99', port: 6443, weight: 3 })
    const { servers } = guardReport(guardView(), FACTS, () => [stranger], WALL_MS)
    expect(
      servers.map(({ server, configured, state, weight }) => [server, configured, state, weight]),
    ).toEqual([
      [A, true, 'up', null],
      [B, true, 'up', null],
      ['192.0.2.99:6443', false, null, 3],
    ])
  })

  it('tells what it knows although the kernel cannot be read', () => {
    const read = (): never => {
      throw new Error('no\nbuffer')
    }
    const report = guardReport(guardView(), FACTS, read, WALL_MS)
    expect(report.kernelError).toBe('no buffer')
    expect(report.servers.map(({ state, weight }) => [state, weight])).toEqual([
      ['up', null],
      ['up', null],
    ])
  })

  it('tells of a server that was never probed, and of a piece that is broken', () => {
    const never = {
      state: 'unknown',
      cause: undefined,
      lastVerdict: undefined,
      lastProbeMs: undefined,
    } as const
    const pieces = [pieceView('route', { ok: false, error: 'EPERM', repairs: 3 })]
    const view = guardView({ servers: [serverView(A, never)], pieces })
    const report = guardReport(view, FACTS, () => undefined, WALL_MS)
    expect(report.servers[0]).toMatchObject({ state: 'unknown', why: null, lastProbe: null })
    expect(report.path).toEqual([{ piece: 'route', ok: false, error: 'EPERM', repairs: 3 }])
  })

  it('is not upset by a certificate whose end is no date', () => {
    const certificate = { expiresMs: Number.NaN, subject: '', issuer: '', names: [] }
    const view = guardView({ servers: [serverView(A, { certificate })] })
    expect(guardReport(view, FACTS, () => [], WALL_MS).servers[0]?.certificate).toBeNull()
  })

  it('has the same fields whatever there is to tell, so that a program need not ask which there are', () => {
    const full = guardReport(guardView({ servers: [deadServerView(A)] }), FACTS, () => [], WALL_MS)
    const rule = {
      virtual: FACTS.virtual,
      scheduler: 'rr',
      members: [member({ address: '192.0.2.1', port: 1 })],
    }
    const bare = kernelReport({ virtual: FACTS.virtual, rule }, WALL_MS)
    expect(Object.keys(bare)).toEqual(Object.keys(full))
    expect(Object.keys(bare.servers[0] ?? {})).toEqual(Object.keys(full.servers[0] ?? {}))
  })
})

describe('kernelReport', () => {
  it('has weights and connections, and nothing that only a guard knows', () => {
    const members = [member({ address: 'fd00::1', port: 6443, weight: 0 }, { activeConnections: 4 })]
    const rule = { virtual: '[fd00::9]:6443', scheduler: 'wlc', members }
    const report = kernelReport({ virtual: rule.virtual, rule }, WALL_MS)
    expect(report).toMatchObject({
      source: 'kernel',
      scheduler: 'wlc',
      mode: null,
      guard: null,
      allDown: null,
    })
    expect(report.servers).toEqual([
      expect.objectContaining({
        server: '[fd00::1]:6443',
        configured: null,
        state: null,
        since: null,
        weight: 0,
        activeConnections: 4,
      }),
    ])
  })

  it('says why a guard was not heard, and why the kernel was not read', () => {
    const report = kernelReport({ virtual: A, rule: undefined, guardError: 'x', kernelError: 'y' }, WALL_MS)
    expect(report).toMatchObject({ scheduler: null, guardError: 'x', kernelError: 'y', servers: [] })
  })
})
