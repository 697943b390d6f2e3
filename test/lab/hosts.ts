import { exec } from './exec.ts'

/** The address of this machine on the test network. */
export const NODE = { v4: '192.0.2.1', v6: '2001:db8::1' } as const

/** The first three numbers of a network, and those of this machine and of the first host in it. */
export interface Addresses {
  readonly network: string
  readonly node: number
  readonly first: number
}

/** Those that tests use. */
const USUAL: Addresses = { network: '192.0.2', node: 1, first: 11 }

/** Those that the documents speak of: apiservers from 192.168.72.50 on. */
export const DOCUMENTED: Addresses = { network: '192.168.72', node: 1, first: 50 }

/** The switch of the test network. */
export const BRIDGE = 'lvsbr0'

/** A machine of the test network: a network namespace on a cable to the bridge. */
export class TestHost {
  readonly name: string
  readonly v4: string
  readonly v6: string
  /** The network interface of this machine in which its cable ends. */
  readonly cable: string

  constructor(name: string, number: number, network: string = USUAL.network) {
    this.name = name
    this.v4 = `${network}.${number}`
    this.v6 = `2001:db8::${number.toString(16)}`
    this.cable = `lvs-${name}`
  }

  /** Makes the namespace, the cable and the addresses. */
  create(): void {
    exec('ip', 'netns', 'add', this.name)
    exec('ip', 'link', 'add', this.cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.name)
    exec('ip', 'link', 'set', this.cable, 'master', BRIDGE, 'up')
    this.run('ip', 'link', 'set', 'lo', 'up')
    this.run('ip', 'link', 'set', 'eth0', 'up')
    this.run('ip', 'addr', 'add', `${this.v4}/24`, 'dev', 'eth0')
    this.run('ip', 'addr', 'add', `${this.v6}/64`, 'dev', 'eth0', 'nodad')
  }

  /** Pulls the cable at the switch: the host does not notice, and nobody hears of it any more. */
  unplug(): void {
    exec('ip', 'link', 'set', this.cable, 'nomaster')
  }

  /** Puts the cable back. */
  plug(): void {
    exec('ip', 'link', 'set', this.cable, 'master', BRIDGE)
  }

  /** Runs a program on the host. */
  run(command: string, ...args: string[]): string {
    return exec('ip', 'netns', 'exec', this.name, command, ...args)
  }

  /** Takes the host away with everything on it. */
  remove(): void {
    // With its namespace the cable would go too, but some time later.
    exec('ip', 'link', 'delete', this.cable)
    exec('ip', 'netns', 'delete', this.name)
  }
}

/** A switch with this machine and some hosts on it, all inside the current network namespace and below. */
export class TestNetwork {
  readonly hosts: readonly TestHost[]

  private constructor(hosts: readonly TestHost[]) {
    this.hosts = hosts
  }

  /** Builds the network; the first host gets number 11. */
  static create(...names: string[]): TestNetwork {
    return TestNetwork.at(USUAL, ...names)
  }

  /** The same with other addresses of IPv4. */
  static at({ network, node, first }: Addresses, ...names: string[]): TestNetwork {
    exec('ip', 'link', 'set', 'lo', 'up')
    exec('ip', 'link', 'add', BRIDGE, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0')
    exec('ip', 'link', 'set', BRIDGE, 'up')
    exec('ip', 'addr', 'add', `${network}.${node}/24`, 'dev', BRIDGE)
    exec('ip', 'addr', 'add', `${NODE.v6}/64`, 'dev', BRIDGE, 'nodad')
    const hosts = names.map((name, index) => new TestHost(name, first + index, network))
    for (const host of hosts) host.create()
    return new TestNetwork(hosts)
  }

  /** The host of a name; asking for one that does not exist is a mistake of the test. */
  host(name: string): TestHost {
    const found = this.hosts.find((host) => host.name === name)
    if (found === undefined) throw new Error(`the test network has no host ${name}`)
    return found
  }

  /** Takes the whole network away. */
  remove(): void {
    for (const host of this.hosts) host.remove()
    exec('ip', 'link', 'delete', BRIDGE)
  }
}
