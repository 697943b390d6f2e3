import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { withDeadline } from '../src/time.ts'

it('looks at what has come before it calls a process that was stopped for a while too late', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     parentPort.on('message', () => setTimeout(() => parentPort.postMessage('answer'), 50))
     parentPort.postMessage('ready')`,
    { eval: true },
  )
  await new Promise((resolve) => worker.once('message', resolve))
  const asked = withDeadline(new AbortController().signal, 500, () => {
    worker.postMessage('question')
    return new Promise((resolve) => worker.once('message', resolve))
  })
  // As if by SIGSTOP, or by a machine that is busy: the answer comes meanwhile, and so does the deadline.
  setTimeout(() => setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)), 1)
  try {
    expect(await asked).toBe('answer')
  } finally {
    await worker.terminate()
  }
})
