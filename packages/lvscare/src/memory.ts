import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// undici's HTTP parser is WebAssembly. V8's optimising compiler takes 36 MiB to translate it, of which the allocator keeps
// ten for good; the quick compiler takes two, and is more than quick enough for an answer a second. Only what is
// compiled later obeys: this module is imported before undici.
setFlagsFromString('--liftoff-only')

// A guard allocates little, so V8 would let garbage lie for many minutes before it looks.
setFlagsFromString('--optimize-for-size')

// The baseline compiler's own pages and code: what is hot goes to the optimising compiler anyway.
setFlagsFromString('--no-sparkplug')

// The optimising compiler brings its own pages into memory, a megabyte and more. At two passes a second little is worth
// its while, so it is called ten times later than usual: for what is hot after hours, not after a minute.
setFlagsFromString('--interrupt-budget=1351680')

/** So often garbage is collected, in milliseconds. */
const COLLECT_MS = 30_000

// Left to itself V8 lets three megabytes of garbage lie for minutes. To collect it takes a few milliseconds, as often as a
// server is probed six times. A flag that is set now counts in new contexts only, so the function is taken from one.
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
setInterval(() => collect(), COLLECT_MS).unref()
