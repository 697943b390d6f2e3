import { describe, expect, it } from 'vitest'
import { type Piece, type PieceName, runPass, type Step, undoAll } from '../src/index.ts'

/** A piece whose steps write to `world`; one that says "bad" refuses. */
function piece(name: PieceName, steps: readonly string[], world: string[]): Piece {
  const list = (): Step[] =>
    steps.map((subject) => ({
      piece: name,
      kind: 'set-server',
      subject,
      found: 'nothing',
      apply: () => apply(subject),
    }))
  const apply = (subject: string): void => {
    if (subject === 'bad') throw new Error(`${name} refuses`)
    world.push(`${name} ${subject}`)
  }
  return { name, plan: list, undo: list }
}

function unreadable(name: PieceName): Piece {
  const plan = (): Step[] => {
    throw new Error(`${name} cannot be read`)
  }
  return { name, plan, undo: plan }
}

describe('runPass', () => {
  it('applies everything in order and returns it', () => {
    const world: string[] = []
    const pass = runPass([piece('route', ['1', '2'], world), piece('service', ['3'], world)])
    expect(world).toEqual(['route 1', 'route 2', 'service 3'])
    expect([pass.applied.map(({ subject }) => subject), pass.failures]).toEqual([['1', '2', '3'], []])
  })

  it('goes on after a step that fails, in the same piece and in the next', () => {
    const world: string[] = []
    const pass = runPass([piece('route', ['bad', '2'], world), piece('service', ['3'], world)])
    expect(world).toEqual(['route 2', 'service 3'])
    expect(pass.applied.map(({ subject }) => subject)).toEqual(['2', '3'])
    expect(pass.failures).toMatchObject([{ piece: 'route', step: { subject: 'bad' } }])
    expect(String(pass.failures[0]?.error)).toBe('Error: route refuses')
  })

  it('goes on after a piece that cannot be read', () => {
    const world: string[] = []
    const pass = runPass([unreadable('route'), piece('service', ['3'], world)])
    expect(world).toEqual(['service 3'])
    expect(pass.failures).toMatchObject([{ piece: 'route', step: undefined }])
  })

  it('plans a piece only after the one before it was applied', () => {
    const world: string[] = []
    const second: Piece = {
      name: 'servers',
      plan: () => piece('servers', [...world], world).plan(),
      undo: () => [],
    }
    runPass([piece('service', ['1'], world), second])
    expect(world).toEqual(['service 1', 'servers service 1'])
  })
})

describe('undoAll', () => {
  it('takes the pieces in reverse and goes on after a failure', () => {
    const world: string[] = []
    const pieces = [
      piece('route', ['1'], world),
      unreadable('service'),
      piece('servers', ['bad', '3'], world),
    ]
    const { failures } = undoAll(pieces)
    expect(world).toEqual(['servers 3', 'route 1'])
    expect(failures.map(({ piece: name }) => name)).toEqual(['servers', 'service'])
    expect(pieces.map(({ name }) => name)).toEqual(['route', 'service', 'servers'])
  })
})
