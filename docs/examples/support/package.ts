import { open } from 'node:fs/promises'
import type { NodeHost } from '@lvscare/installer'
import { run } from './run.ts'

/** Where the package is unpacked on a node; see ../package/README.md for what is in it. */
export const PACKAGE_FOLDER = '/root/kube'

const ARCHIVE = '/root/kube.tar.gz'

/** A package of some gigabytes is sent in pieces of this many bytes: of each machine that gets it, one is in memory. */
const PIECE = 4 * 1024 * 1024

/** Brings the package to a node, unpacks it, and runs its `shell/init.sh`. */
export async function installPackage(host: NodeHost, url: string): Promise<void> {
  if (/^https?:/.test(url)) await run(host, ['curl', '-fsSL', '--retry', '3', '-o', ARCHIVE, url])
  else await sendFile(host, url, ARCHIVE)
  await host.makeDirectory(PACKAGE_FOLDER, 0o755)
  // --strip-components: the archive has one folder at its top, whatever its name.
  await run(host, ['tar', '-xzf', ARCHIVE, '-C', PACKAGE_FOLDER, '--strip-components=1'])
  await runScript(host, 'init.sh')
  await host.remove(ARCHIVE)
}

/** Runs a script of the package in its own folder. */
export async function runScript(host: NodeHost, name: string): Promise<void> {
  await run(host, ['sh', '-c', `cd ${PACKAGE_FOLDER}/shell && sh ${name}`])
}

/** Sends a file of any size: every piece is written by itself, and the node puts them together. */
export async function sendFile(
  host: NodeHost,
  from: string,
  to: string,
  piece: number = PIECE,
): Promise<void> {
  const parts: string[] = []
  const file = await open(from)
  try {
    for (let position = 0; ; position += piece) {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(piece), position })
      if (bytesRead === 0) break
      parts.push(`${to}.part${parts.length}`)
      await host.writeFileAtomic(parts.at(-1) ?? '', buffer.subarray(0, bytesRead), 0o600)
    }
    await run(host, ['sh', '-c', `cat ${parts.join(' ')} > ${to}`])
  } finally {
    await file.close()
    for (const part of parts) await host.remove(part)
  }
}
