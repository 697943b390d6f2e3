import { describe, expect, it } from 'vitest'
import { type Evidence, likelyCulprit, runningPrograms } from '../src/culprits.ts'

const NOBODY: Evidence = { kubeIpvs: false, kubeProxyTable: false, programs: new Set() }

describe('likelyCulprit', () => {
  it.each([
    ['service', { kubeIpvs: true }, /excludeCIDRs/],
    ['servers', { kubeIpvs: true }, /excludeCIDRs/],
    ['service', { kubeProxyTable: true }, /nftables flushes/],
    ['service', { programs: new Set(['keepalived']) }, /keepalived/],
    ['route', { programs: new Set(['systemd-network']) }, /ManageForeignRoutes=no/],
    ['device', { programs: new Set(['NetworkManager']) }, /NetworkManager/],
    ['masquerade', { programs: new Set(['firewalld']) }, /firewalld/],
    ['sysctls', { programs: new Set(['tuned']) }, /tuned/],
  ] as const)('of a broken %s with %j', (piece, seen, name) => {
    expect(likelyCulprit(piece, { ...NOBODY, ...seen })).toMatch(name)
  })

  it('names nobody who has nothing to do with the piece, or is not there', () => {
    expect(likelyCulprit('service', NOBODY)).toBeUndefined()
    expect(likelyCulprit('route', { ...NOBODY, kubeIpvs: true, kubeProxyTable: true })).toBeUndefined()
    expect(likelyCulprit('service', { ...NOBODY, programs: new Set(['firewalld']) })).toBeUndefined()
  })

  it('names all who may be it', () => {
    const seen = { kubeIpvs: true, kubeProxyTable: undefined, programs: new Set(['keepalived']) }
    expect(likelyCulprit('service', seen)).toMatch(/excludeCIDRs.*; keepalived/)
  })
})

describe('runningPrograms', () => {
  it('sees at least this one', () => {
    expect(runningPrograms().size).toBeGreaterThan(0)
  })
})
