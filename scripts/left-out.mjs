// What the guard never uses of its libraries, left out of the bundle: loaded, it would cost a third of the memory that
// the guard may add to a bare node. The sources import only public names; the real-kernel suite runs the bundle.
const LEFT_OUT = [
  // fetch, WebSocket, mocks, caches; every dispatcher but Client; HTTP/2, which pulls in node:http2.
  /\/undici\/lib\/(?:web|mock|cache|interceptor)\//,
  /\/undici\/lib\/global\.js$/,
  /\/undici\/lib\/handler\/(?!wrap-|unwrap-)/,
  /\/undici\/lib\/dispatcher\/(?!client\.js|client-h1\.js|dispatcher\.js|dispatcher-base\.js|fixed-queue\.js)/,
  // Metrics of a whole cluster of processes, pushed metrics, traces, and Node's own metrics.
  /\/prom-client\/lib\/(?:cluster|pushgateway|defaultMetrics)\.js$/,
  /\/@opentelemetry\/api\//,
  // Logging in a worker thread: a bundle has no file that the worker could load.
  /\/thread-stream\//,
  /\/pino\/lib\/(?:transport|multistream)\.js$/,
]

/** True for a file of a library that the bundle has an empty shell of. */
export const isLeftOut = (path) => LEFT_OUT.some((pattern) => pattern.test(`/${path}`))

/** A module that may be imported, constructed and looked into, and says what is wrong when it is called. */
const stub = (path) => `
  const stub = new Proxy(function () {}, {
    get: (target, key) => (key === 'prototype' ? target.prototype : typeof key === 'symbol' ? undefined : stub),
    construct: () => stub,
    apply: () => { throw new Error(${JSON.stringify(`${path} is not part of this bundle: see scripts/left-out.mjs`)}) },
  })
  module.exports = stub`

/** The esbuild plugin. */
export const leaveOut = {
  name: 'leave-out',
  setup({ onLoad, onResolve }) {
    // pino only asks whether it runs in the main thread: it does, and Node need not load its workers to say so.
    onResolve({ filter: /^(?:node:)?worker_threads$/ }, ({ path }) => ({ path, namespace: 'left-out' }))
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'module.exports = { isMainThread: true }',
    }))
    onLoad(
      { filter: /\/node_modules\/(?:undici|prom-client|@opentelemetry|thread-stream|pino)\// },
      ({ path }) => {
        if (!isLeftOut(path)) return undefined
        return {
          loader: 'js',
          contents: stub(path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
        }
      },
    )
  },
}
