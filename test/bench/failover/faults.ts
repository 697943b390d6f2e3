import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Cables } from '../../lab/cables.ts'
import { TestCluster, VIRTUAL } from '../../lab/cluster.ts'
import { membersNow } from '../../lab/proc-table.ts'

/** The servers, and what can be done to them. */
export class Field {
  readonly cluster: TestCluster
  readonly cables: Cables = new Cables()

  private constructor(cluster: TestCluster) {
    this.cluster = cluster
  }

  static async create(): Promise<Field> {
    return new Field(await TestCluster.create('a', 'b', 'c'))
  }

  /** `192.0.2.11:6443` for each of these hosts. */
  endpoints(names: readonly string[]): string[] {
    return names.map((name) => this.cluster.server(name).endpoint)
  }

  /** The same for all, or all but one. */
  endpointsBut(absent: string | undefined): string[] {
    return this.cluster.servers.filter(({ host }) => host.name !== absent).map(({ endpoint }) => endpoint)
  }

  async pull(...names: string[]): Promise<void> {
    await this.cables.pull(names.map((name) => this.cluster.network.host(name)))
  }

  async plug(...names: string[]): Promise<void> {
    await this.cables.plug(names.map((name) => this.cluster.network.host(name)))
  }

  async close(): Promise<void> {
    await this.cables.close()
    await this.cluster.remove()
  }
}

/** Something that happens to servers, or to the table. */
export interface Fault {
  readonly name: string
  readonly title: string
  /** Whom it happens to; nobody: the table is flushed. */
  readonly victims: readonly string[]
  /** Who is unplugged before, and for all rounds. */
  readonly absent?: string
  /** Connections to the victim are not meant to end. */
  readonly isDrain?: true
  strike(field: Field): Promise<void> | void
  /** Resolves when the server could serve again. */
  mend(field: Field): Promise<void> | void
}

const kill = {
  strike: ({ cluster }: Field) => cluster.server('a').kill(),
  mend: ({ cluster }: Field) => cluster.server('a').start(),
}

/** Everything that happens, in the order of the rows. */
export const FAULTS: readonly Fault[] = [
  { name: 'killed', title: 'process killed', victims: ['a'], ...kill },
  {
    name: 'unplugged',
    title: 'host unplugged',
    victims: ['a'],
    strike: (field) => field.pull('a'),
    mend: (field) => field.plug('a'),
  },
  {
    name: 'sick',
    title: '`/healthz` answers 500',
    victims: ['a'],
    isDrain: true,
    strike: ({ cluster }) => cluster.server('a').behave('sick'),
    mend: ({ cluster }) => cluster.server('a').behave('ok'),
  },
  {
    name: 'stopped',
    title: 'process stopped',
    victims: ['a'],
    strike: ({ cluster }) => cluster.server('a').stop(),
    mend: ({ cluster }) => cluster.server('a').resume(),
  },
  {
    name: 'two',
    title: 'two hosts unplugged at once',
    victims: ['a', 'b'],
    strike: (field) => field.pull('a', 'b'),
    mend: (field) => field.plug('a', 'b'),
  },
  { name: 'second', title: 'process killed beside a black hole', victims: ['a'], absent: 'c', ...kill },
  { name: 'flushed', title: '`ipvsadm -C`', victims: [], strike: flush, mend: () => undefined },
]

/** Resolves when the table is seen empty, or when the program has ended and somebody was quicker than the eye. */
async function flush(): Promise<void> {
  const ended = once(spawn('ipvsadm', ['-C']), 'exit').then(() => true)
  while ((membersNow(VIRTUAL.v4)?.size ?? 0) > 0) {
    if (await Promise.race([ended, delay(5)])) return
  }
}
