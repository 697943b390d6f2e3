// What is needed only once the rules are in the kernel: an HTTP client, a logger, metrics. It takes several times longer
// to load than everything else, so it is always imported late (see care.ts), and the bundle carries it packed
// (scripts/build.mjs).
import './memory.ts'

export { guard } from './guard.ts'
export { createLog, logPass } from './log.ts'
export { Prober } from './probe/prober.ts'
export { loadTrust } from './probe/trust.ts'
