export { type FakeKernelOptions, fakeKernel, type Reply, reply, SKIP } from './fake-kernel.ts'
export { hex, parseHex, toHex } from './hex.ts'
export { type Exchange, recordingLibc } from './recording.ts'
