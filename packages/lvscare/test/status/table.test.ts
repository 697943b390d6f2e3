import { describe, expect, it } from 'vitest'
import { guardReport, kernelReport } from '../../src/status/report.ts'
import { statusText } from '../../src/status/table.ts'
import type { GuardView } from '../../src/view.ts'
import { A, B, deadServerView, guardView, member, pieceView, serverView } from '../views.ts'

const WALL_MS = Date.parse('2030-01-01T00:00:00Z')
const FACTS = {
  virtual: '10.103.97.2:6443',
  scheduler: 'rr',
  mode: 'local',
  version: '1.2.3',
  pid: 42,
  flags: new Map([['vs', ['x']]]),
}

function text(changes: Partial<GuardView> = {}): string {
  const counted = { activeConnections: 12, inactiveConnections: 1 }
  const found = member({ address: '192.0.2.1', port: 6443 }, counted, { connections: 1234n })
  return statusText([guardReport(guardView(changes), FACTS, () => [found], WALL_MS)])
}

describe('statusText', () => {
  it('is a few lines and a table', () => {
    expect(text({ servers: [serverView(A), deadServerView(B)] })).toBe(
      [
        '10.103.97.2:6443: scheduler rr, mode local',
        'guard 1.2.3, pid 42, running for 1m 0s, active, ready',
        '',
        'SERVER          STATE  WHY      SINCE  WEIGHT  ACTIVE  INACTIVE  TOTAL  LAST PROBE',
        '192.0.2.1:6443  up     ok 200   10s         1      12         1   1234  ok 200 in 3 ms, 1s ago',
        '[fd00::1]:6443  down   refused  10s         -       -         -      -  refused in 1 ms, 1s ago: connect ECONNREFUSED',
        '',
      ].join('\n'),
    )
  })

  it('says what is not as it should be, above the table', () => {
    const pieces = [pieceView('route', { ok: false, error: 'kernel refused: EPERM' }), pieceView('service')]
    const shown = text({ ready: false, active: false, allDown: true, pieces })
    expect(shown).toContain('standing by, NOT READY\n')
    expect(shown).toContain('\nNOT OK: route: kernel refused: EPERM\n')
    expect(shown).toContain('\nNO SERVER IS HEALTHY: look at the network of this node first\n')
    expect(shown).not.toContain('service')
    expect(text({ alive: false })).toContain('PASSES HAVE STOPPED')
  })

  it('shows a weight that is not the wanted one', () => {
    expect(text({ servers: [serverView(A, { wantedWeight: 0 })] })).toContain(' 1 (wanted 0) ')
    expect(text({ servers: [serverView(B)] })).toContain(' - (wanted 1) ')
  })

  it('shows a member of strangers as such', () => {
    expect(text({ servers: [serverView(B)] })).toMatch(/^192\.0\.2\.1:6443 {2}foreign {2}- .* -$/m)
  })

  it('warns of a certificate that ends soon, or has ended', () => {
    const certificate = (days: number) => ({
      expiresMs: WALL_MS + days * 86_400_000,
      subject: '',
      issuer: '',
      names: [],
    })
    const servers = [
      serverView(A, { certificate: certificate(12.3) }),
      serverView(B, { certificate: certificate(-2) }),
    ]
    const shown = text({ servers })
    expect(shown).toContain('\nthe certificate of 192.0.2.1:6443 ends in 12 days, on 2030-01-13\n')
    expect(shown).toContain('\nthe certificate of [fd00::1]:6443 ended on 2029-12-30\n')
    expect(text({ servers: [serverView(A, { certificate: certificate(31) })] })).not.toContain('certificate')
  })

  it('shows what the kernel has when no guard runs, and says so', () => {
    const rule = {
      virtual: A,
      scheduler: 'wlc',
      members: [member({ address: '192.0.2.1', port: 6443, weight: 0 })],
    }
    expect(statusText([kernelReport({ virtual: A, rule })])).toBe(
      [
        '192.0.2.1:6443: scheduler wlc',
        'no guard runs: this is what the kernel has',
        '',
        'SERVER          STATE  WHY  SINCE  WEIGHT  ACTIVE  INACTIVE  TOTAL  LAST PROBE',
        '192.0.2.1:6443  -      -    -           0       0         0      0  -',
        '',
      ].join('\n'),
    )
  })

  it('says that a guard does not answer, and that the kernel cannot be read', () => {
    const shown = statusText([
      kernelReport({ virtual: A, rule: undefined, guardError: 'x', kernelError: 'y' }),
    ])
    expect(shown).toContain('192.0.2.1:6443: no such virtual service in the kernel\n')
    expect(shown).toContain('\nTHE GUARD DOES NOT ANSWER, this is what the kernel has: x\n')
    expect(shown).toContain('\nthe kernel cannot be read: y\n')
  })

  it('separates several virtual servers by an empty line', () => {
    const one = kernelReport({ virtual: A, rule: undefined })
    expect(statusText([one, one]).split('\n\n192.0.2.1:6443: ')).toHaveLength(2)
  })

  it('lets no word of a server reach the terminal as a command', () => {
    const lastVerdict = { outcome: 'dead', reason: 'protocol', detail: '\u001b[2J\nup', ms: 1 } as const
    const shown = text({ servers: [deadServerView(A, { lastVerdict })] })
    expect(shown).not.toContain('\u001b')
    expect(shown.split('\n')).toHaveLength(6)
  })
})
