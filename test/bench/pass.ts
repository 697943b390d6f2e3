import { careConfig, FlagValues, type Piece, runPass } from 'lvscare'
import { closeKernel, openKernel } from '../../packages/lvscare/src/kernel.ts'
import { buildPieces } from '../../packages/lvscare/src/path/build.ts'
import { VIRTUAL } from '../lab/cluster.ts'
import { exec, execWith } from '../lab/exec.ts'
import { TestNetwork } from '../lab/hosts.ts'
import { foreign } from './foreign.ts'
import { median, type Result } from './stats.ts'

const SERVERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']
const PASSES = 3000

/** The compiler works on code that runs often; a guard, which calls it later (memory.ts), is there within a day. */
const WARM_UP = 10_000
const RUNS = 40

/** A pass that finds nothing to do against `ipvsadm -Ln`, alone and among 2 000 services of others. */
export function benchPass(): Result[] {
  const network = TestNetwork.create()
  const kernel = openKernel()
  try {
    const weights = new Map(SERVERS.map((server) => [server, 1]))
    const flags = new Map([
      ['vs', [VIRTUAL.v4]],
      ['rs', SERVERS],
    ])
    const config = careConfig(new FlagValues(flags))
    const pieces = buildPieces(config, kernel, () => weights)
    if (runPass(pieces).failures.length > 0) throw new Error('the rules could not be set')
    const alone = passMs(pieces)
    const rival = ipvsadmMs()
    execWith(foreign(2000), 'ipvsadm', '-R')
    const among = passMs(pieces)
    return [
      {
        what: 'a pass that finds nothing to do, against `ipvsadm -Ln`',
        ours: `${alone.toFixed(3)} ms`,
        rival: `${rival.toFixed(2)} ms`,
        ratio: rival / alone,
        rule: 'at least',
        target: 20,
      },
      {
        what: 'the same with 2 000 foreign services of 3 destinations, against without them',
        ours: `${among.toFixed(3)} ms`,
        rival: `${alone.toFixed(3)} ms`,
        ratio: among / alone,
        rule: 'at most',
        target: 1.2,
      },
    ]
  } finally {
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', '10.103.97.2')
    closeKernel(kernel)
    network.remove()
  }
}

function passMs(pieces: readonly Piece[]): number {
  const times: number[] = []
  for (let n = 0; n < WARM_UP + PASSES; n += 1) {
    const start = performance.now()
    const { applied, failures } = runPass(pieces)
    times.push(performance.now() - start)
    if (applied.length + failures.length > 0) throw new Error('a pass found something to do')
  }
  return median(times.slice(WARM_UP))
}

/** From a shell, which starts a program far cheaper than this process could. */
function ipvsadmMs(): number {
  const script = `for n in $(seq ${RUNS}); do s=$EPOCHREALTIME; ipvsadm -Ln >/dev/null; e=$EPOCHREALTIME; echo $((\${e/./} - \${s/./})); done`
  return median(exec('bash', '-c', script).trim().split('\n').map(Number)) / 1000
}
