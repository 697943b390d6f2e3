import { readdirSync, readFileSync } from 'node:fs'
import type { Process } from '../facts.ts'

/** Every process that can be seen from here, with its command line; kernel threads have none, and are left out. */
export function gatherProcesses(proc = '/proc'): Process[] {
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), argv: commandLine(`${proc}/${pid}/cmdline`) }))
    .filter(({ argv }) => argv.length > 0)
}

/** Its words end with NUL; some programs rewrite it as one text with spaces. */
function commandLine(path: string): string[] {
  try {
    const words = readFileSync(path, 'utf8').replace(/\0+$/, '').split('\0')
    return words.length === 1 ? (words[0] ?? '').split(' ').filter((word) => word !== '') : words
  } catch {
    // It has ended meanwhile.
    return []
  }
}
