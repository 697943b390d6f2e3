// Makes every call of which there is a golden file, and writes what went over the wire; see docs/testing.md.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { ctrlLayouts, formatGolden, type Layouts } from '@lvscare/netlink/testing'
import { GOLDEN_CALLS as IPVS_CALLS } from '../../packages/ipvs/test/golden-calls.ts'
import { ipvsLayouts } from '../../packages/ipvs/test/layouts.ts'
import { GOLDEN_CALLS as NETLINK_CALLS } from '../../packages/netlink/test/golden-calls.ts'
import { rtnlLayouts } from '../../packages/netlink/test/layouts.ts'
import { exec } from '../lab/exec.ts'
import { type Performance, performIpvs, performNetlink } from './perform.ts'

const results = process.env['LVSCARE_RESULTS'] ?? '.'
const version = /\d+\.\d+\.\d+-\d+/.exec(exec('uname', '-v'))?.[0] ?? ''
const kernel = `${release()} (${version})`

/** Writes a golden file; throws when the kernel did not do what the call expects of it. */
function write(
  folder: string,
  name: string,
  one: { readonly command: string; readonly result?: unknown; readonly refusal?: string | undefined },
  layouts: Layouts,
  done: Performance,
): void {
  assert.equal(done.refusal, one.refusal, `${name}: ${done.message}`)
  // Rates depend on when the kernel looked; the test of the package has those of the capture.
  if (!name.endsWith('-counters')) assert.deepEqual(done.result, one.result, name)
  const { exchanges } = done
  mkdirSync(join(results, folder), { recursive: true })
  writeFileSync(
    join(results, folder, `${name}.hex`),
    formatGolden({ kernel, command: one.command, exchanges }, layouts),
  )
}

for (const [name, one] of Object.entries(NETLINK_CALLS)) {
  const layouts = name.startsWith('genl-') ? ctrlLayouts : rtnlLayouts
  write('netlink', name, { ...one, refusal: one.errno }, layouts, performNetlink(one))
}
for (const [name, one] of Object.entries(IPVS_CALLS)) {
  write('ipvs', name, { ...one, refusal: one.code }, ipvsLayouts, await performIpvs(one))
}
