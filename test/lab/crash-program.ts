// Loaded before a program (node --import): kills it as `kill -9` does, right before its CRASH_AT-th change to the file
// system. Every change before that is written down in CRASH_LOG, a line each.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** What others can see of a change: a file gets its name, or loses it. */
const CHANGES = ['rename', 'mkdir', 'rm', 'rmdir', 'unlink', 'link', 'symlink']

const at = Number(process.env['CRASH_AT'] ?? '0')
const log = fs.openSync(process.env['CRASH_LOG'] ?? '/dev/null', 'a')
let count = 0

type Call = (...args: readonly unknown[]) => unknown

function counted(name: string, call: Call): Call {
  return (...args) => {
    if (isSweeping(name, args)) return call(...args)
    count += 1
    if (count === at) process.kill(process.pid, 'SIGKILL')
    fs.writeSync(log, `${name} ${args.filter((arg) => typeof arg === 'string').join(' ')}\n`)
    return call(...args)
  }
}

/** What an earlier run has left unfinished under a name of its own is taken away before anything happens. */
function isSweeping(name: string, [path]: readonly unknown[]): boolean {
  return name.startsWith('unlink') && /\/\.[^/]*$/.test(String(path))
}

for (const name of CHANGES) {
  wrap(fs.promises as unknown as Record<string, Call>, name)
  wrap(fs as unknown as Record<string, Call>, `${name}Sync`)
}
syncBuiltinESMExports()

function wrap(module: Record<string, Call>, name: string): void {
  const call = module[name]
  if (call === undefined) throw new Error(`there is no ${name}`)
  module[name] = counted(name, call.bind(module))
}
