import { DOCUMENTS, document } from '../../contract/support/documents.ts'
import type { Block } from '../../contract/support/markdown.ts'
import { runsAnywhere } from './programs.ts'
import { commandsOf } from './shell.ts'

/** Every block of code of every document. */
export const BLOCKS: readonly Block[] = DOCUMENTS.flatMap((file) => document(file).blocks)

/** Programs of a document that use the packages, as a stranger would. */
export const PROGRAMS: readonly Block[] = BLOCKS.filter(
  ({ language, text }) => language === 'ts' && !isOfRepository(text),
)

/** Programs that need nothing of the machine but Node.js: reading links needs no privilege. */
export const HARMLESS_PROGRAMS: readonly Block[] = PROGRAMS.filter(({ text }) => !needsKernel(text))

/** Blocks of shell that run in an empty folder, without privilege. */
export const HARMLESS_SCRIPTS: readonly Block[] = BLOCKS.filter(
  ({ language, text }) => language === 'sh' && commandsOf(text).every(runsAnywhere),
)

/** A block that imports a part of the repository that is in no package. */
export function isOfRepository(text: string): boolean {
  return /from '\.\.?\//.test(text)
}

/** A block that sets rules, or works on this machine or another. */
export function needsKernel(text: string): boolean {
  return /\bIpvs\.open\(|\b(localHost|sshHost|setRule|runCare)\(/.test(text.replaceAll(/\/\/.*$/gm, ''))
}
