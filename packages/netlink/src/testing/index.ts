/**
 * A kernel that a test plays, and the playback of what a real one said.
 *
 * @module @lvscare/netlink/testing
 */

export { annotate, type Layout, type Layouts, type Nest, nameIn } from './annotate.ts'
export { type Errno, type FakeKernelOptions, fakeKernel, type Reply, reply, SKIP } from './fake-kernel.ts'
export { formatGolden, type Golden, parseGolden, type Turn, timeless, turnsOf } from './golden.ts'
export { GoldenFolder } from './golden-folder.ts'
export { hex, parseHex, toHex } from './hex.ts'
export { ctrlLayouts } from './layouts.ts'
export { type Exchange, recordingLibc } from './recording.ts'
export { familyIdOf, replayKernel } from './replay.ts'
