import type { TcpState } from '@lvscare/netlink'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KernelClients } from '../../src/clients/kernel-clients.ts'
import { LIVE_STATES } from '../../src/clients/mapping.ts'
import { type End, FakeMachine, line, socket, text, V4, V6 } from './world.ts'

/** Few addresses and ports, so that nearly everything collides with something; the same server address with several ports. */
const WORLDS = [
  {
    virtual: V4,
    otherVirtuals: [
      { address: V4.address, port: 443 },
      { address: '10.103.97.3', port: 6443 },
    ],
    addresses: ['10.0.0.1', '10.0.0.2', V4.address],
    servers: [
      { address: '192.0.2.11', port: 6443 },
      { address: '192.0.2.11', port: 6444 },
      { address: '192.0.2.12', port: 6443 },
      { address: V4.address, port: 6443 },
    ],
  },
  {
    virtual: V6,
    otherVirtuals: [
      { address: V6.address, port: 443 },
      { address: 'fd00:103:97::3', port: 6443 },
    ],
    addresses: ['2001:db8::1', '2001:db8::2', V6.address],
    servers: [
      { address: '2001:db8::b', port: 6443 },
      { address: '2001:db8::b', port: 6444 },
      // A destination of another family than its service.
      { address: '192.0.2.12', port: 6443 },
    ],
  },
] as const

const OVER_STATES = ['TIME_WAIT', 'CLOSE']
const ENTRY_STATES = ['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK']
const NOT_LIVE: TcpState[] = ['LISTEN', 'TIME_WAIT', 'CLOSE']

type World = (typeof WORLDS)[number]

/** Everything that the machine has for one end of a client. */
interface Story {
  readonly client: End
  /** Where the kernel sends the connection now; without one it has forgotten it. */
  readonly current: { server: End; state: string } | undefined
  /** Left from earlier connections of the same end: before the current entry only those that are over. */
  readonly before: readonly { server: End; state: string }[]
  readonly after: readonly { server: End; state: string }[]
  /** Of the same end, but through another service. */
  readonly foreign: readonly { virtual: End; server: End; protocol: string }[]
  readonly sockets: readonly { remote: End; state: TcpState; mapped: boolean }[]
}

function stories(world: World): fc.Arbitrary<Story[]> {
  const server = fc.constantFrom<End[]>(...world.servers)
  const entry = (states: readonly string[]) => fc.record({ server, state: fc.constantFrom(...states) })
  const story = fc.record<Story>({
    client: fc.record({
      address: fc.constantFrom(...world.addresses),
      port: fc.integer({ min: 6440, max: 6446 }),
    }),
    current: fc.option(entry(ENTRY_STATES), { nil: undefined }),
    before: fc.array(entry(OVER_STATES), { maxLength: 2 }),
    after: fc.array(entry([...ENTRY_STATES, ...OVER_STATES]), { maxLength: 2 }),
    foreign: fc.array(
      fc.oneof(
        fc.record({
          virtual: fc.constantFrom<End[]>(...world.otherVirtuals),
          server,
          protocol: fc.constantFrom('TCP', 'UDP'),
        }),
        fc.record({
          virtual: fc.constant(world.virtual),
          server,
          protocol: fc.constantFrom('UDP', 'SCTP', 'IP'),
        }),
      ),
      { maxLength: 2 },
    ),
    sockets: fc.array(
      fc.record({
        remote: fc.oneof(fc.constant(world.virtual), fc.constantFrom<End[]>(...world.otherVirtuals)),
        state: fc.constantFrom(...LIVE_STATES, ...NOT_LIVE),
        mapped: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
  })
  return fc.uniqueArray(story, { selector: ({ client }) => text(client), maxLength: 12 })
}

/** The lines of the stories, mixed; the order of each story's own stays, as in the kernel's table. */
function mixed(world: World, list: readonly Story[], random: () => number): string[] {
  const queues = list.map(({ client, current, before, after, foreign }) => [
    ...before.map(({ server, state }) => line(client, world.virtual, server, state)),
    ...(current === undefined ? [] : [line(client, world.virtual, current.server, current.state)]),
    ...foreign.map(({ virtual, server, protocol }) => line(client, virtual, server, 'ESTABLISHED', protocol)),
    // Without a current one, whatever is left is nobody's.
    ...after.map(({ server, state }) =>
      line(client, world.virtual, server, current === undefined ? 'CLOSE' : state),
    ),
  ])
  const lines: string[] = []
  for (let left = queues.filter(({ length }) => length > 0); left.length > 0; ) {
    lines.push(left[Math.floor(random() * left.length)]?.shift() ?? '')
    left = left.filter(({ length }) => length > 0)
  }
  return lines
}

const anyWorld = fc.constantFrom(...WORLDS).chain((world) =>
  fc.record({
    world: fc.constant(world),
    list: stories(world),
    dead: fc.subarray([...world.servers]),
    seed: fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
  }),
)

/** Every socket of the stories, with the story it is of. */
function allSockets(list: readonly Story[]) {
  return list.flatMap((story) =>
    story.sockets.map(({ remote, state, mapped }) => ({
      story,
      one: socket(story.client, remote, { state, ...(mapped ? { family: 'inet6' } : {}) }),
    })),
  )
}

describe('mappedTo()', () => {
  it('never has a socket in its list whose server is not one of these, and misses none that is sure', async () => {
    const random = (stream: fc.Stream<number>) => () => stream.next().value as number
    await fc.assert(
      fc.asyncProperty(anyWorld, async ({ world, list, dead, seed }) => {
        const machine = new FakeMachine()
        const all = allSockets(list)
        machine.sockets.set(
          undefined,
          all.map(({ one }) => one),
        )
        machine.lines = mixed(world, list, random(seed))
        const clients = new KernelClients({ virtual: world.virtual, namespaces: 'own', edges: machine })
        const deadTexts = new Set(dead.map(text))
        const found = await clients.mappedTo(deadTexts, new AbortController().signal)

        for (const { socket: one, server } of found) {
          const { story } = all.find((other) => other.one === one) ?? expect.fail('a socket of nobody')
          expect(LIVE_STATES).toContain(one.state)
          expect(text(one.remote)).toBe(text(world.virtual))
          expect(story.current && text(story.current.server)).toBe(server)
          expect(deadTexts).toContain(server)
        }
        const sure = all.filter(
          ({ one, story: { current, after } }) =>
            LIVE_STATES.includes(one.state) &&
            text(one.remote) === text(world.virtual) &&
            current !== undefined &&
            deadTexts.has(text(current.server)) &&
            after.every(
              ({ server, state }) => OVER_STATES.includes(state) || text(server) === text(current.server),
            ),
        )
        const ends = (list: readonly { local: End }[]) => new Set(list.map(({ local }) => text(local)))
        expect(ends(found.map((client) => client.socket))).toEqual(ends(sure.map(({ one }) => one)))
      }),
      { numRuns: 500 },
    )
  })
})
