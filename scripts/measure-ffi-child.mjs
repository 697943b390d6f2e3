// measure-ffi-child.mjs LIBC BINDING MODE CALLS: one measurement for measure-ffi.mjs, told as JSON on standard output.
import { setImmediate } from 'node:timers/promises'

const [libcPath, binding, mode, calls] = process.argv.slice(2)
const BATCH = 200
const MSG_PEEK = 0x2

// "Who is nlctrl?", which every kernel with generic netlink answers to anybody: 32 bytes out, one datagram back.
const REQUEST = Buffer.alloc(32)
REQUEST.writeUInt32LE(32, 0)
REQUEST.writeUInt16LE(16, 4)
REQUEST.writeUInt16LE(1, 6)
Buffer.from([3, 1, 0, 0, 11, 0, 2, 0]).copy(REQUEST, 16)
REQUEST.write('nlctrl\0', 24, 'latin1')

const { loadLibc } = await import(libcPath)
const buffer = Buffer.alloc(32 * 1024)
const libc = binding === 'none' ? undefined : loadLibc(binding)
const fd = libc ? openSocket() : -1

function openSocket() {
  const socket = libc.socket(16, 3, 16)
  const address = Buffer.alloc(12)
  address.writeUInt16LE(16, 0)
  libc.bind(socket, address)
  libc.connect(socket, address)
  // Stays queued: every peek below reads the same datagram.
  libc.send(socket, REQUEST, 0)
  return socket
}

function peek() {
  libc.recv(fd, buffer, MSG_PEEK)
}

function exchange() {
  libc.send(fd, REQUEST, 0)
  libc.recv(fd, buffer, 0)
}

function failing() {
  try {
    libc.recv(-1, buffer, 0)
  } catch (error) {
    if (error.errno !== 'EBADF') throw error
  }
}

/** Microseconds per call: the median of batches, which collection pauses and other processes disturb little. */
async function time(call) {
  const batches = []
  for (let batch = 0; batch < 200; batch += 1) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < BATCH; i += 1) call()
    batches.push(Number(process.hrtime.bigint() - start) / 1000 / BATCH)
    await setImmediate()
  }
  // The first ones run before the code is compiled.
  return batches.slice(50).sort((a, b) => a - b)[75]
}

/** Megabytes of resident memory that `count` calls add, the event loop turning after each batch. */
async function growth(call, count) {
  const before = process.memoryUsage.rss()
  for (let done = 0; done < count; done += BATCH) {
    for (let i = 0; i < BATCH; i += 1) call()
    if (mode === 'gc' && done % (BATCH * 10) === 0) globalThis.gc()
    await setImmediate()
  }
  if (mode === 'gc') globalThis.gc()
  return (process.memoryUsage.rss() - before) / 1e6
}

async function memory() {
  const call = libc ? peek : () => {}
  globalThis.gc()
  const first = await growth(call, Number(calls) / 2)
  return { first, second: await growth(call, Number(calls) / 2) }
}

const result =
  mode === 'time'
    ? { peek: await time(peek), failing: await time(failing), exchange: await time(exchange) }
    : await memory()
console.log(JSON.stringify(result))
