import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { exec } from './exec.ts'
import { program } from './programs.ts'
import type { WatchNews } from './watch-program.ts'

/** Where pods live: no server of the test network has a route back to it. */
export const POD = { v4: '10.244.1.2', v6: 'fd00:244:1::2' } as const
const GATEWAY = { v4: '10.244.1.1', v6: 'fd00:244:1::1' } as const

/** A long-lived connection from a pod, in a process of its own there. */
export interface PodWatch {
  /** The port it comes from. */
  readonly port: number
  /** Resolves with the error's code, or `closed` for an orderly end, also when the pod's process is killed. */
  readonly ended: Promise<string>
  readonly process: ChildProcess
}

/** A pod of this node: a network namespace behind it, whose packets the node forwards. */
export class TestPod {
  readonly #name: string
  readonly #cable: string

  constructor(name: string) {
    this.#name = name
    this.#cable = `pod-${name}`
  }

  /** Makes it, and has the node forward packets. */
  create(): void {
    exec('ip', 'netns', 'add', this.#name)
    exec('ip', 'link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#name)
    exec('ip', 'link', 'set', this.#cable, 'up')
    exec('ip', 'addr', 'add', `${GATEWAY.v4}/24`, 'dev', this.#cable)
    exec('ip', 'addr', 'add', `${GATEWAY.v6}/64`, 'dev', this.#cable, 'nodad')
    this.#run('ip', 'link', 'set', 'lo', 'up')
    this.#run('ip', 'link', 'set', 'eth0', 'up')
    this.#run('ip', 'addr', 'add', `${POD.v4}/24`, 'dev', 'eth0')
    this.#run('ip', 'addr', 'add', `${POD.v6}/64`, 'dev', 'eth0', 'nodad')
    this.#run('ip', 'route', 'add', 'default', 'via', GATEWAY.v4)
    this.#run('ip', '-6', 'route', 'add', 'default', 'via', GATEWAY.v6)
    exec('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
  }

  /** Opens one connection from the pod: the name of the server that answered, or the error's code. */
  attempt(address: string, port: number): string {
    return this.#run(process.execPath, program('attempt'), address, String(port)).trim()
  }

  /** Opens a connection from the pod and leaves an unanswered watch on it. */
  async openWatch(address: string, port: number): Promise<PodWatch> {
    const args = ['netns', 'exec', this.#name, process.execPath, program('watch'), address, String(port)]
    const child = spawn('ip', args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [opened] = (await once(child, 'message')) as [WatchNews]
    if (!('port' in opened)) throw new Error(`the watch from the pod did not open: ${opened.ended}`)
    const ended = new Promise<string>((resolve) => {
      child.once('message', (news: WatchNews) => resolve('ended' in news ? news.ended : 'opened twice'))
      child.once('exit', () => resolve('closed'))
    })
    return { port: opened.port, ended, process: child }
  }

  /** Takes it away. */
  remove(): void {
    exec('ip', 'link', 'delete', this.#cable)
    exec('ip', 'netns', 'delete', this.#name)
    exec('sysctl', '-qw', 'net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0')
  }

  #run(command: string, ...args: string[]): string {
    return exec('ip', 'netns', 'exec', this.#name, command, ...args)
  }
}
