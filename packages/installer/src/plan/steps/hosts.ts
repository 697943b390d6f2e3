import { HostError } from '../../errors.ts'
import type { NodeHost } from '../../host/host.ts'
import { blockText, type HostsLine, hostsBytes, hostsOf, hostsText } from '../../hosts/block.ts'
import { readHosts } from '../../hosts/read.ts'
import { HOSTS_FILE } from '../../node/paths.ts'
import { type ObservedFile, readObserved, sameFile, wantedFile } from '../observe/file.ts'
import type { PlanStep } from '../step.ts'
import { replace } from './file.ts'

/** Of a file that nobody had. */
const NEW_MODE = 0o644

/**
 * Sets our lines in /etc/hosts, or takes them out where there are none; no step where they are as they must be.
 *
 * What others do to the file meanwhile stays, for only our block is theirs to lose. A link, or whatever else is no plain file,
 * gets no step: nobody has read the text behind it, so it would be lost.
 */
export function hostsSteps(
  host: NodeHost,
  before: ObservedFile | undefined,
  lines: readonly HostsLine[],
): readonly PlanStep[] {
  if (before !== undefined && before.kind !== 'file') return []
  const after = withLines(before, lines)
  if (sameFile(before, after)) return []
  /** A step that found no plain file there has done nothing that could be taken back. */
  let isBegun = false
  const step: PlanStep = {
    id: `hosts ${HOSTS_FILE}`,
    kind: 'hosts',
    title:
      lines.length === 0 ? `take our lines out of ${HOSTS_FILE}` : `set ${lines.map(lineText).join(', ')}`,
    before: before?.content.toString(),
    after: after?.content.toString(),
    reversible: true,
    run: async () => {
      isBegun = false
      const begin = (): void => {
        isBegun = true
      }
      await change(host, (now) => withLines(now, lines), begin)
    },
    undo: async () => {
      if (isBegun) await change(host, (now) => takenBack(now, { before, after, lines }))
    },
  }
  return [step]
}

async function change(
  host: NodeHost,
  to: (now: ObservedFile | undefined) => ObservedFile | undefined,
  begin?: () => void,
): Promise<void> {
  const now = await readObserved(host, HOSTS_FILE)
  if (now !== undefined && now.kind !== 'file')
    throw new HostError(`${host.name}: ${HOSTS_FILE} is no plain file any more: it is left as it is`)
  await replace(host, HOSTS_FILE, { from: now, to: to(now) }, begin)
}

function withLines(now: ObservedFile | undefined, lines: readonly HostsLine[]): ObservedFile | undefined {
  if (now === undefined && lines.length === 0) return undefined
  const text = hostsOf(now?.content ?? Buffer.alloc(0))
  return wantedFile(hostsBytes(hostsText(text, lines)), now?.mode ?? NEW_MODE)
}

/** The former bytes; in a file that others have changed meanwhile only the former block. */
function takenBack(
  now: ObservedFile | undefined,
  was: {
    readonly before: ObservedFile | undefined
    readonly after: ObservedFile | undefined
    readonly lines: readonly HostsLine[]
  },
): ObservedFile | undefined {
  if (sameFile(now, was.after)) return was.before
  if (now === undefined) return undefined
  const text = hostsOf(now.content)
  const ours = blockText(was.lines)
  if (ours === '' || !text.includes(ours)) return now
  const former = readHosts(hostsOf(was.before?.content ?? Buffer.alloc(0)), '').block ?? ''
  return { ...now, content: hostsBytes(text.replace(ours, () => former)) }
}

function lineText({ address, name }: HostsLine): string {
  return `${address} ${name} in ${HOSTS_FILE}`
}
