// What stands before the bundle in the single file: it gives the bundle the one native module that the file carries.
// A native module can only be loaded from a file. It gets one without a name, so nothing is left even after a power cut.
const { closeSync, constants, openSync, writeSync } = require('node:fs')
const nodeModule = require('node:module')
const { getRawAsset } = require('node:sea')

/** O_TMPFILE of asm-generic/fcntl.h; Node.js has no name for the other half. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY

/** Which of them can be written to, and may hold what is executed, depends on the host and on the unit. */
const FOLDERS = [process.env.TMPDIR, '/run', '/tmp', '/dev/shm', '/var/tmp'].filter(Boolean)

/** The exports of koffi's native module; its JavaScript only adds warnings about what is old. */
function koffi() {
  const reasons = []
  for (const folder of FOLDERS) {
    try {
      return loadFrom(folder)
    } catch (error) {
      reasons.push(`${folder}: ${error.message.split(/, open |\n/, 1)[0]}`)
    }
  }
  const what = 'no folder takes a file that is executed for a moment; name one in TMPDIR'
  throw new Error(`${what}; ${reasons.join('; ')}`)
}

function loadFrom(folder) {
  const fd = openSync(folder, O_TMPFILE | constants.O_RDWR, 0o600)
  try {
    const bytes = new Uint8Array(getRawAsset('koffi.node'))
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    const native = { exports: {} }
    process.dlopen(native, `/proc/self/fd/${fd}`)
    return native.exports
  } finally {
    closeSync(fd)
  }
}

/** As `node:module`, for a program with no folder of its own in which koffi could lie. */
const moduleOfBundle = {
  ...nodeModule,
  createRequire: (where) => {
    const required = nodeModule.createRequire(where)
    return (name) => (name === 'koffi' ? koffi() : required(name))
  },
}

// biome-ignore lint/correctness/noUnusedVariables: scripts/single-file/main.mjs hands it to the bundle
function requireOfBundle(name) {
  return name.replace(/^node:/, '') === 'module' ? moduleOfBundle : require(name)
}
