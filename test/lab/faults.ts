import { VIP, VIRTUAL } from './cluster.ts'
import { exec, execWith, outcome } from './exec.ts'
import type { FaultWorld } from './fault-world.ts'
import type { Random } from './random.ts'

/** Something that happens to a guard's world; `false` when it cannot happen just now. */
export type Fault = (world: FaultWorld, random: Random) => unknown

/** Servers that may fail. The first of the cluster never does, so that the table need never be empty. */
const MORTAL = ['b', 'c'] as const

const MEMBERS = ['192.0.2.11:6443', '192.0.2.12:6443', '192.0.2.13:6443']

/** Everything that can happen, by name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  crash: (world, random) => {
    const server = world.cluster.server(random.pick(MORTAL))
    return world.breakServer(
      server.host.name,
      () => server.kill(),
      () => server.start(),
    )
  },
  unplug: (world, random) => {
    const { host } = world.cluster.server(random.pick(MORTAL))
    return world.breakServer(
      host.name,
      () => host.unplug(),
      () => host.plug(),
    )
  },
  hang: (world, random) => {
    const server = world.cluster.server(random.pick(MORTAL))
    return world.breakServer(
      server.host.name,
      () => server.stop(),
      () => server.resume(),
    )
  },
  sick: (world, random) => {
    const server = world.cluster.server(random.pick(MORTAL))
    return world.breakServer(
      server.host.name,
      () => server.behave('sick'),
      () => server.behave('ok'),
    )
  },
  recover: (world, random) => world.healServer(random.pick(MORTAL)),

  'kill guard': (world) => world.guardState !== 'dead' && world.killGuard(),
  'start guard': (world) => world.guardState === 'dead' && world.startGuard(),
  'pause guard': (world) => world.guardState === 'running' && world.pauseGuard(),
  'resume guard': (world) => world.guardState === 'paused' && world.resumeGuard(),
  'run once': (world) => world.runOnce(),

  flush: (world) => {
    exec('ipvsadm', '-C')
    world.foreign.clear()
  },
  'delete service': () => broken('ipvsadm', '-D', '-t', VIRTUAL.v4),
  'delete member': (_world, random) => broken('ipvsadm', '-d', '-t', VIRTUAL.v4, '-r', random.pick(MEMBERS)),
  'change weight': (_world, random) =>
    broken(
      'ipvsadm',
      '-e',
      '-t',
      VIRTUAL.v4,
      '-r',
      random.pick(MEMBERS),
      '-m',
      '-w',
      random.pick(['0', '7']),
    ),
  'change method': (_world, random) =>
    broken('ipvsadm', '-e', '-t', VIRTUAL.v4, '-r', random.pick(MEMBERS), '-g', '-w', '1'),
  'change scheduler': () => broken('ipvsadm', '-E', '-t', VIRTUAL.v4, '-s', 'wlc', '-p', '60'),
  stranger: () => broken('ipvsadm', '-a', '-t', VIRTUAL.v4, '-r', '192.0.2.77:6443', '-m', '-w', '5'),
  'foreign service': (world, random) => {
    const service = `10.96.${Math.floor(random.between(0, 255))}.1:443`
    if (world.foreign.has(service)) return false
    const rules = [`-A -t ${service} -s wrr`, `-a -t ${service} -r 192.0.2.11:6443 -m -w 3`]
    execWith(`${rules.join('\n')}\n`, 'ipvsadm', '-R')
    world.foreign.set(service, rules)
    return true
  },
  'delete route': () => broken('ip', 'route', 'del', 'table', 'local', 'local', VIP.v4),
  'change route': () =>
    exec('ip', 'route', 'replace', 'table', 'local', 'local', VIP.v4, 'dev', 'lo', 'src', '127.0.0.1'),
  'reset setting': () => exec('sysctl', '-qw', 'net.ipv4.vs.expire_nodest_conn=0'),
}

/** Runs a program that breaks something; false when there was nothing to break. */
function broken(...command: readonly [string, ...string[]]): boolean {
  return outcome(command).code === 0
}
