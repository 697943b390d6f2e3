import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BLOCK_BEGIN, BLOCK_END, hostsBytes, hostsOf, hostsParts, hostsText } from '../../src/hosts/block.ts'
import { hostsCommand } from '../../src/node/hosts-command.ts'
import { shellLine } from '../../src/node/shell.ts'
import { anyText, foreignText, hostsLines } from '../hosts/arbitraries.ts'

const LINES = [{ address: '10.103.97.2', name: 'apiserver.cluster.local' }]

/** What small systems have for a shell and for everything else. */
const BUSYBOX = ['grep', 'cut', 'head', 'tail', 'cat', 'cp', 'mv', 'rm', 'mktemp', 'cmp', 'readlink'] as const
const HAS_BUSYBOX = spawnSync('busybox', ['true']).status === 0

let folder = ''
let file = ''
let applets = ''

beforeAll(() => {
  applets = mkdtempSync(join(tmpdir(), 'lvscare-applets-'))
  const path = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim()
  if (HAS_BUSYBOX) for (const name of [...BUSYBOX, 'sh']) symlinkSync(path, join(applets, name))
  folder = mkdtempSync(join(tmpdir(), 'lvscare-hosts-'))
  file = join(folder, 'hosts')
})

beforeEach(() => rmSync(file, { force: true }))

afterAll(() => {
  rmSync(applets, { recursive: true })
  rmSync(folder, { recursive: true })
})

/** The systems whose tools are tried, with the folders of their programs. */
const SYSTEMS = [
  { name: 'this system', path: () => process.env['PATH'] ?? '', skip: false },
  { name: 'BusyBox', path: () => applets, skip: !HAS_BUSYBOX },
]

describe.each(SYSTEMS)('hostsCommand with the tools of $name', ({ path, skip }) => {
  const run = (argv: readonly string[]): { status: number | null; stderr: string } => {
    const [program = '', ...args] = argv
    // The program is looked for with our own PATH, so it is named in full.
    const shell = skip || path() !== applets ? program : join(applets, program)
    return spawnSync(shell, args, { encoding: 'utf8', env: { PATH: path() } })
  }
  const after = (text: string, lines: typeof LINES): string => {
    writeFileSync(file, hostsBytes(text))
    expect(run(hostsCommand(lines, file))).toMatchObject({ status: 0, stderr: '' })
    expect(readdirSync(folder)).toEqual(['hosts'])
    return hostsOf(readFileSync(file))
  }

  it.skipIf(skip).each([
    ['an empty file', ''],
    ['a file', '127.0.0.1 localhost\n'],
    ['a file without a newline at its end', '::1 localhost'],
    ['a block', `a\n${BLOCK_BEGIN}\n1.1.1.1 x\n${BLOCK_END}\nb`],
    ['a block alone', `${BLOCK_BEGIN}\n${BLOCK_END}`],
    ['carriage returns', `a\r\n${BLOCK_BEGIN}\r\n${BLOCK_END}\r\nb\r\n`],
    ['NULs and bytes that are no text', 'a\0b\n\xff\xfe\n\0'],
  ])('does what the library does with %s', (_what, text) => {
    expect(after(text, LINES)).toBe(hostsText(text, LINES))
    expect(after(text, [])).toBe(hostsText(text, []))
  })

  it.skipIf(skip)('does what the library does with anything, and gives up where a block is not whole', () => {
    fc.assert(
      fc.property(fc.oneof(foreignText, anyText), hostsLines, (text, lines) => {
        const kinds = hostsParts(text).filter(({ kind }) => kind !== 'foreign')
        if (kinds.length === 0 || (kinds.length === 1 && kinds[0]?.kind === 'block')) {
          expect(after(text, lines)).toBe(hostsText(text, lines))
        } else {
          writeFileSync(file, hostsBytes(text))
          expect(run(hostsCommand(lines, file))).toMatchObject({
            status: 1,
            stderr: expect.stringContaining('is damaged, or there are several'),
          })
          expect(hostsOf(readFileSync(file))).toBe(text)
        }
      }),
      { numRuns: 40 },
    )
  })

  it.skipIf(skip)('keeps the mode, and leaves a file alone that is right', () => {
    writeFileSync(file, 'a\n')
    chmodSync(file, 0o640)
    run(hostsCommand(LINES, file))
    const first = statSync(file)
    expect(first.mode & 0o777).toBe(0o640)
    run(hostsCommand(LINES, file))
    expect(statSync(file).ino).toBe(first.ino)
  })

  it.skipIf(skip)('makes a file that is not there', () => {
    expect(run(hostsCommand(LINES, file)).status).toBe(0)
    expect(hostsOf(readFileSync(file))).toBe(hostsText('', LINES))
  })

  it.skipIf(skip)('is the same as one line for a shell', () => {
    writeFileSync(file, 'a\n')
    expect(run(['sh', '-c', shellLine(hostsCommand(LINES, file))]).status).toBe(0)
    expect(hostsOf(readFileSync(file))).toBe(hostsText('a\n', LINES))
  })
})
