import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ConnectionEntry,
  connectionColumns,
  parseConnectionLine,
  type ReadConnectionsOptions,
  readConnections,
} from '../src/index.ts'

const HEADER = 'Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData'
const FOUR = 'TCP 0A000001 8EEE 0A630001 192B 0A00000B 192B ESTABLISHED     898'
const SIX =
  'UDP 20010db8000000000000000000000001 0035'.replace(
    /[0-9a-f]{32}/,
    '2001:0db8:0000:0000:0000:0000:0000:0001',
  ) +
  ' fd00:0000:0000:0000:0000:0000:0000:0002 0050 2001:0db8:0000:0000:0001:0000:0000:000a 1F90 UDP             299'

const four: ConnectionEntry = {
  protocol: 'tcp',
  client: { address: '10.0.0.1', port: 36590 },
  virtual: { address: '10.99.0.1', port: 6443 },
  destination: { address: '10.0.0.11', port: 6443 },
  state: 'ESTABLISHED',
  expiresSeconds: 898,
}

describe('parseConnectionLine', () => {
  it('reads IPv4 as the kernel prints it', () => {
    expect(parseConnectionLine(FOUR)).toEqual(four)
  })

  it('reads IPv6 into its normal form', () => {
    expect(parseConnectionLine(SIX)).toMatchObject({
      protocol: 'udp',
      client: { address: '2001:db8::1', port: 53 },
      virtual: { address: 'fd00::2', port: 80 },
      destination: { address: '2001:db8::1:0:0:a', port: 8080 },
      expiresSeconds: 299,
    })
  })

  it('reads a destination of another family than its service', () => {
    const line = SIX.replace('2001:0db8:0000:0000:0001:0000:0000:000a', '0A00000B')
    expect(parseConnectionLine(line)?.destination).toEqual({ address: '10.0.0.11', port: 8080 })
  })

  it('reads what a persistence engine adds, spaces and all', () => {
    expect(parseConnectionLine(`${FOUR} sip 12 34@host`)).toEqual({
      ...four,
      peName: 'sip',
      peData: '12 34@host',
    })
  })

  it.each([
    ['TCP', 'tcp'],
    ['IP', 'ip'],
    ['ICMPv6', 'icmpv6'],
    ['IP_47', 'ip-47'],
  ])('reads the protocol %s as %s', (word, protocol) => {
    expect(parseConnectionLine(FOUR.replace('TCP', word))?.protocol).toBe(protocol)
  })

  it.each([
    ['the header', HEADER],
    ['nothing', ''],
    ['half a line', FOUR.slice(0, 40)],
    ['a line without its timer', FOUR.slice(0, -3)],
    ['an address too short', FOUR.replace('0A00000B', '0A0000B')],
    ['an address too long', FOUR.replace('0A00000B', '0A00000BB')],
    ['something else before it', `x ${FOUR}`],
    ['a column more', FOUR.replace(' ESTABLISHED', ' 0A000001 192B ESTABLISHED')],
  ])('gives nothing for %s', (_name, line) => {
    expect(parseConnectionLine(line)).toBeUndefined()
  })
})

describe('connectionColumns', () => {
  it('writes an end of a connection as the table does', () => {
    expect(FOUR).toContain(` ${connectionColumns(four.destination)} `)
    expect(SIX).toContain(` ${connectionColumns({ address: 'fd00::2', port: 80 })} `)
  })
})

describe('readConnections', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'connections-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  async function readAll(text: string, options: ReadConnectionsOptions = {}): Promise<ConnectionEntry[]> {
    const path = join(folder, 'ip_vs_conn')
    writeFileSync(path, text)
    const entries: ConnectionEntry[] = []
    for await (const entry of readConnections({ path, ...options })) entries.push(entry)
    return entries
  }

  it('reads a table of many pages without losing a line at their borders', async () => {
    const lines = Array.from({ length: 5000 }, (_, at) =>
      FOUR.replace('8EEE', at.toString(16).padStart(4, '0')),
    )
    const entries = await readAll(`${[HEADER, ...lines].join('\n')}\n`)
    expect(entries.map(({ client }) => client.port)).toEqual(Array.from({ length: 5000 }, (_, at) => at))
  })

  it('an empty table, also without its header, is empty', async () => {
    expect(await readAll(`${HEADER}\n`)).toEqual([])
    expect(await readAll('')).toEqual([])
  })

  it('reads a last line without its line end', async () => {
    expect(await readAll(`${HEADER}\n${FOUR}`)).toEqual([four])
  })

  it('tells of lines it does not understand and goes on', async () => {
    const malformed: string[] = []
    const onMalformed = (line: string) => void malformed.push(line)
    expect(await readAll(`${HEADER}\nTCP ?\n${FOUR}\n`, { onMalformed })).toEqual([four])
    expect(malformed).toEqual(['TCP ?'])
  })

  it('leaves out what the filter does not want, malformed or not', async () => {
    const onMalformed = (line: string) => expect.unreachable(line)
    const filter = (line: string) => line.includes(connectionColumns(four.destination))
    expect(await readAll(`${HEADER}\nTCP ?\n${SIX}\n${FOUR}\n`, { filter, onMalformed })).toEqual([four])
  })

  it('a missing file is ERR_IPVS_UNAVAILABLE', async () => {
    const path = join(folder, 'none')
    await expect(readConnections({ path }).next()).rejects.toMatchObject({
      code: 'ERR_IPVS_UNAVAILABLE',
      operation: 'read connections',
      subject: `from ${path}`,
    })
  })

  it('does not keep a line without an end', async () => {
    const lengths: number[] = []
    const onMalformed = (line: string) => void lengths.push(line.length)
    expect(await readAll(`${'x'.repeat(1 << 20)}\n${FOUR}\n`, { onMalformed })).toEqual([four])
    expect(Math.max(...lengths)).toBeLessThanOrEqual(8192)
    expect(lengths.length).toBeGreaterThan(100)
  })

  it('stops with the reason of its signal', async () => {
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(readAll(FOUR, { signal: stop.signal })).rejects.toThrow('enough')
  })

  it('stops between two pages', async () => {
    const stop = new AbortController()
    const filter = (): boolean => {
      stop.abort(new Error('enough'))
      return false
    }
    await expect(readAll(`${FOUR}\n`.repeat(1000), { signal: stop.signal, filter })).rejects.toThrow('enough')
  })

  describe('of a busy node', () => {
    const PORTS = 65_536
    const LINES = 200_000
    const linesOf = function* (): Generator<string> {
      for (let n = 0; n < LINES; n += 1) {
        const address = (0x0a_00_00_01 + Math.floor(n / PORTS)).toString(16).toUpperCase().padStart(8, '0')
        const port = (n % PORTS).toString(16).toUpperCase().padStart(4, '0')
        yield `UDP ${address} ${port} 0A60000A 0035 0A000063 0035 UDP             300`
      }
    }
    const [first, last] = [FOUR, FOUR.replace('8EEE', '8EEF')]
    const isOurs = (line: string): boolean => line.includes(connectionColumns(four.virtual))
    let path = ''
    beforeAll(() => {
      path = join(folder, 'busy')
      writeFileSync(path, `${[HEADER, first, ...linesOf(), last].join('\n')}\n`)
    })

    it('finds what the filter wants among 200 000 entries, and lets the event loop turn after each page', async () => {
      let [turns, looked, most] = [0, 0, 0]
      let sinceTurn = 0
      let timer = setImmediate(function turn() {
        turns += 1
        sinceTurn = 0
        timer = setImmediate(turn)
      })
      const filter = (line: string): boolean => {
        looked += 1
        sinceTurn += 1
        most = Math.max(most, sinceTurn)
        return isOurs(line)
      }
      const ports: number[] = []
      for await (const { client } of readConnections({ path, filter })) ports.push(client.port)
      clearImmediate(timer)
      expect([ports, looked]).toEqual([[0x8eee, 0x8eef], LINES + 2])
      expect(most).toBeLessThan(200)
      expect(turns).toBeGreaterThan(LINES / 200)
    })

    it('holds one page: who needs no more has looked at no more', async () => {
      let looked = 0
      const filter = (line: string): boolean => {
        looked += 1
        return isOurs(line)
      }
      for await (const entry of readConnections({ path, filter })) {
        expect(entry).toEqual(four)
        break
      }
      expect(looked).toBeLessThan(200)
    })
  })
})
