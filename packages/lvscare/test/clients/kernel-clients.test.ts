import { describe, expect, it } from 'vitest'
import { KernelClients } from '../../src/clients/kernel-clients.ts'
import { FakeMachine, line, socket, V4, V6 } from './world.ts'

const DEAD = { address: '192.0.2.11', port: 6443 }
const HEALTHY = { address: '192.0.2.12', port: 6443 }
const ALL = new Set(['192.0.2.11:6443'])
const CLIENT = { address: '192.0.2.1', port: 40000 }
const POD = { address: '10.244.1.2', port: 40000 }

const never = new AbortController().signal

function clientsOf(
  edges: FakeMachine,
  namespaces: 'own' | 'all' = 'own',
  onSkipped = (_error: unknown) => {},
) {
  return new KernelClients({ virtual: V4, namespaces, onSkipped, edges })
}

/** Foreign lines without end, or so. */
function* foreign(count: number): Generator<string> {
  for (let n = 0; n < count; n += 1)
    yield line(
      { address: `10.1.${(n >> 8) & 255}.${n & 255}`, port: 1024 + (n >> 16) },
      { address: '10.96.0.10', port: 53 },
      HEALTHY,
      'UDP',
      'UDP',
    )
}

describe('mappedTo()', () => {
  it('does not touch the table when nobody is connected', async () => {
    const machine = new FakeMachine()
    machine.sockets.set(undefined, [
      socket(CLIENT, { address: '10.9.9.9', port: V4.port }),
      socket(CLIENT, V4, { state: 'TIME_WAIT' }),
      // A server here on the node: the virtual end is its own, not its peer's.
      socket(V4, CLIENT),
    ])
    machine.connections = () => expect.fail('read the table')
    expect(await clientsOf(machine).mappedTo(ALL, never)).toEqual([])
  })

  it('asks nothing for no servers', async () => {
    const machine = new FakeMachine()
    machine.openSockets = () => expect.fail('listed sockets')
    expect(await clientsOf(machine).mappedTo(new Set(), never)).toEqual([])
  })

  it('stops reading soon after the last socket was found', async () => {
    const machine = new FakeMachine()
    const one = socket(CLIENT, V4)
    machine.sockets.set(undefined, [one])
    machine.lines = (function* () {
      yield* foreign(1000)
      yield line(CLIENT, V4, DEAD)
      yield* foreign(200_000)
    })()
    expect(await clientsOf(machine).mappedTo(ALL, never)).toEqual([
      { server: '192.0.2.11:6443', socket: one, namespace: undefined },
    ])
    expect(machine.read).toBeLessThan(2000)
    expect(machine.open).toBe(0)
  })

  it('reads far enough to see that an old entry of the same ends disagrees', async () => {
    const machine = new FakeMachine()
    machine.sockets.set(undefined, [socket(CLIENT, V4)])
    machine.lines = [line(CLIENT, V4, DEAD), ...foreign(100), line(CLIENT, V4, HEALTHY), ...foreign(100)]
    expect(await clientsOf(machine).mappedTo(ALL, never)).toEqual([])
  })

  it('goes on for the others when an entry comes twice, as it may while the table changes', async () => {
    const machine = new FakeMachine()
    const late = { ...CLIENT, port: 40001 }
    machine.sockets.set(undefined, [socket(CLIENT, V4), socket(late, V4)])
    const twice = line(CLIENT, V4, DEAD)
    machine.lines = [twice, twice, ...foreign(5000), line(late, V4, DEAD)]
    expect(await clientsOf(machine).mappedTo(ALL, never)).toHaveLength(2)
  })

  it('takes no entry that is over for that of a socket that lives', async () => {
    const machine = new FakeMachine()
    machine.sockets.set(undefined, [socket(CLIENT, V4)])
    machine.lines = [line(CLIENT, V4, DEAD, 'TIME_WAIT'), ...foreign(5000), line(CLIENT, V4, HEALTHY)]
    expect(await clientsOf(machine).mappedTo(ALL, never)).toEqual([])
  })

  it('finds IPv6 and mapped IPv4 sockets', async () => {
    const machine = new FakeMachine()
    const mapped = socket(CLIENT, V4, { family: 'inet6' })
    machine.sockets.set(undefined, [mapped])
    machine.lines = [line(CLIENT, V4, DEAD)]
    expect((await clientsOf(machine).mappedTo(ALL, never)).map((one) => one.socket)).toEqual([mapped])

    const client = { address: '2001:db8::1', port: 40000 }
    const six = socket(client, V6)
    machine.sockets.set(undefined, [six])
    machine.lines = [line(client, V6, { address: '2001:db8::b', port: 6443 })]
    const clients = new KernelClients({ virtual: V6, namespaces: 'own', edges: machine })
    const found = await clients.mappedTo(new Set(['[2001:db8::b]:6443']), never)
    expect(found.map((one) => one.socket)).toEqual([six])
  })

  it('gives what it has found when its time is up', async () => {
    const machine = new FakeMachine()
    const limit = new AbortController()
    const late = { ...CLIENT, port: 40001 }
    machine.sockets.set(undefined, [socket(CLIENT, V4), socket(late, V4)])
    machine.lines = (function* () {
      yield line(CLIENT, V4, DEAD)
      limit.abort()
      yield* foreign(10)
      yield line(late, V4, DEAD)
    })()
    const found = await clientsOf(machine).mappedTo(ALL, limit.signal)
    expect(found.map((one) => one.socket.local)).toEqual([CLIENT])
    expect(await clientsOf(machine).mappedTo(ALL, AbortSignal.abort())).toEqual([])
  })

  it('rejects when the table cannot be read', async () => {
    const machine = new FakeMachine()
    machine.sockets.set(undefined, [socket(CLIENT, V4)])
    machine.lines = (function* (): Generator<string> {
      yield line(POD, V4, DEAD)
      throw new Error('no table')
    })()
    await expect(clientsOf(machine).mappedTo(ALL, never)).rejects.toThrow('no table')
  })

  it('reaches pods only with all namespaces, and tells once of those it may not enter', async () => {
    const machine = new FakeMachine()
    const [own, pod] = [socket(CLIENT, V4), socket(POD, V4)]
    const refused = () => Object.assign(new Error('setns'), { code: 'ERR_NETLINK_SYSCALL' })
    machine.sockets.set(undefined, [own])
    machine.sockets.set('net:[1]', refused())
    machine.sockets.set('net:[2]', [pod])
    machine.sockets.set('net:[3]', refused())
    machine.lines = [line(POD, V4, DEAD), line(CLIENT, V4, DEAD)]
    expect((await clientsOf(machine).mappedTo(ALL, never)).map((one) => one.socket)).toEqual([own])

    const skipped: unknown[] = []
    const clients = clientsOf(machine, 'all', (error) => void skipped.push(error))
    for (let times = 0; times < 2; times += 1) {
      const found = await clients.mappedTo(ALL, never)
      expect(found.map((one) => [one.namespace, one.socket])).toEqual([
        [undefined, own],
        ['net:[2]', pod],
      ])
    }
    expect(skipped).toHaveLength(1)
    expect(machine.open).toBe(0)
  })

  it('takes the own socket, and no other, where namespaces have the same ends', async () => {
    const machine = new FakeMachine()
    const own = socket(CLIENT, V4)
    machine.sockets.set(undefined, [own])
    machine.sockets.set('net:[1]', [socket(CLIENT, V4), socket(POD, V4)])
    machine.sockets.set('net:[2]', [socket(CLIENT, V4), socket(POD, V4)])
    machine.lines = [line(POD, V4, DEAD), line(CLIENT, V4, DEAD), ...foreign(5000)]
    const found = await clientsOf(machine, 'all').mappedTo(ALL, never)
    expect(found.map((one) => one.socket)).toEqual([own])
    // Nothing is to be found for the others.
    expect(machine.read).toBeLessThan(2000)
  })

  it('takes one of two sockets of a namespace with the same ends: the other one is gone', async () => {
    const machine = new FakeMachine()
    machine.sockets.set('net:[1]', [socket(POD, V4), socket(POD, V4)])
    machine.lines = [line(POD, V4, DEAD)]
    expect(await clientsOf(machine, 'all').mappedTo(ALL, never)).toHaveLength(1)
  })

  it('is content with its own namespace when the others cannot be listed', async () => {
    const machine = new FakeMachine()
    machine.sockets.set(undefined, [socket(CLIENT, V4)])
    machine.lines = [line(CLIENT, V4, DEAD)]
    machine.otherNamespaces = () => Promise.reject(new Error('EACCES'))
    const skipped: unknown[] = []
    const clients = clientsOf(machine, 'all', (error) => void skipped.push(error))
    expect(await clients.mappedTo(ALL, never)).toHaveLength(1)
    expect(skipped).toEqual([new Error('EACCES')])
  })
})

describe('release()', () => {
  const client = (one = socket(CLIENT, V4), namespace?: string) => ({
    server: '192.0.2.11:6443',
    socket: one,
    namespace,
  })

  it('ends exactly these, each in its namespace, and counts who was gone', async () => {
    const machine = new FakeMachine()
    const [a, b, gone, other, pod, lost] = Array.from({ length: 6 }, () => socket(CLIENT, V4))
    if (!a || !b || !gone || !other || !pod || !lost) throw new Error('six')
    machine.sockets.set(undefined, [a, other, b])
    machine.sockets.set('net:[1]', [pod])
    const released = await clientsOf(machine, 'all').release([
      client(a),
      client(pod, 'net:[1]'),
      client(gone),
      client(lost, 'net:[2]'),
      client(b),
    ])
    expect(released).toEqual({ ended: 3, gone: 2, error: undefined })
    expect(machine.destroyed).toEqual([`own ${a.cookie}`, `own ${b.cookie}`, `net:[1] ${pod.cookie}`])
    expect(machine.sockets.get(undefined)).toEqual([other])
    expect(machine.open).toBe(0)
  })

  it('keeps the first error and goes on', async () => {
    const machine = new FakeMachine()
    const [a, b, c, pod] = Array.from({ length: 4 }, () => socket(CLIENT, V4))
    if (!a || !b || !c || !pod) throw new Error('four')
    machine.sockets.set(undefined, [a, b, c])
    machine.sockets.set('net:[1]', new Error('cannot enter'))
    machine.sockets.set('net:[2]', new Error('nor this'))
    machine.refuse = (one) => (one === a || one === b ? new Error(`no ${one.cookie}`) : undefined)
    const released = await clientsOf(machine).release([
      client(pod, 'net:[1]'),
      client(pod, 'net:[2]'),
      client(a),
      client(b),
      client(c),
    ])
    expect(released).toEqual({ ended: 1, gone: 0, error: new Error('cannot enter') })
    expect(machine.destroyed).toEqual([`own ${c.cookie}`])
    expect(machine.open).toBe(0)
  })

  it('lets the loop turn while it ends thousands', async () => {
    const machine = new FakeMachine()
    const list = Array.from({ length: 2000 }, () => socket(CLIENT, V4))
    machine.sockets.set(undefined, [...list])
    let [turns, at, most, running] = [0, 0, 0, true]
    const count = (): void => {
      turns += 1
      most = Math.max(most, machine.destroyed.length - at)
      at = machine.destroyed.length
      if (running) setImmediate(count)
    }
    setImmediate(count)
    const released = await clientsOf(machine).release(list.map((one) => client(one)))
    running = false
    expect(released.ended).toBe(2000)
    expect(turns).toBeGreaterThan(20)
    expect(most).toBeLessThanOrEqual(100)
  })
})
