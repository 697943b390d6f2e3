import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// A flag that is set at run time counts in new contexts only.
setFlagsFromString('--expose-gc')

/** Collects garbage: what is still in memory afterwards is needed. */
export const collect = runInNewContext('gc') as () => void
