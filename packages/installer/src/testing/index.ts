/**
 * A node in memory, with all that a test wants to see and to break.
 *
 * @module @lvscare/installer/testing
 */

export { type FilesSnapshot, type MemoryFile, MemoryFiles } from '../host/memory/files.ts'
export type { Fault, Moment, Operation, OperationKind, OperationListener } from '../host/memory/operations.ts'
export { type MemoryGuard, type MemoryRule, MemoryRules } from '../host/memory/rules.ts'
export {
  type ConnectHandler,
  type ExecHandler,
  FRESH_DIRECTORIES,
  FRESH_NODE,
  type MemoryHost,
  type MemoryHostOptions,
  type MemorySnapshot,
  memoryHost,
} from '../host/memory.ts'
