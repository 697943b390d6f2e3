import {
  completeService,
  type Ipvs,
  type NewService,
  type Service,
  type ServiceEntry,
  type ServiceFlag,
  type ServiceKey,
} from '@lvscare/ipvs'
import type { Endpoint } from '../endpoint.ts'
import type { Piece, Step } from './step.ts'

/** What is used of {@link Ipvs} here, so that a test can hand in a table in memory. */
export type ServiceTable = Pick<Ipvs, 'service' | 'addService' | 'setService' | 'deleteService'>

/** The key of the virtual service of an endpoint: TCP. */
export function serviceKey({ address, port }: Endpoint): ServiceKey & { readonly address: string } {
  return { protocol: 'tcp', address, port }
}

/** The virtual service itself: scheduler and flags are corrected in place, so that connections stay. */
export class ServicePiece implements Piece {
  readonly name = 'service'
  readonly #table: ServiceTable
  readonly #wanted: NewService
  /** The same with every default filled in. */
  readonly #complete: Service
  readonly #subject: string

  /** `scheduler` is the name of the kernel module without `ip_vs_`, such as `rr`. */
  constructor(table: ServiceTable, virtual: Endpoint, scheduler: string) {
    this.#table = table
    this.#wanted = { ...serviceKey(virtual), scheduler, flags: flagsFor(scheduler) }
    this.#complete = completeService(this.#wanted)
    this.#subject = virtual.text
  }

  plan(): Step[] {
    const found = this.#table.service(this.#wanted)
    if (found === undefined)
      return [this.#step('add-service', found, () => this.#table.addService(this.#wanted))]
    if (this.#isAs(found)) return []
    return [this.#step('set-service', found, () => this.#table.setService(this.#wanted))]
  }

  undo(): Step[] {
    const found = this.#table.service(this.#wanted)
    if (found === undefined) return []
    return [this.#step('delete-service', found, () => this.#table.deleteService(this.#wanted))]
  }

  /** Not sameService of @lvscare/ipvs: that copies both sides to fill in defaults, and this runs on every pass. */
  #isAs(found: ServiceEntry): boolean {
    const wanted = this.#complete
    return (
      found.scheduler === wanted.scheduler &&
      found.persistenceTimeout === wanted.persistenceTimeout &&
      found.netmask === wanted.netmask &&
      found.peName === wanted.peName &&
      found.flags.length === wanted.flags.length &&
      found.flags.every((flag) => wanted.flags.includes(flag))
    )
  }

  #step(kind: Step['kind'], found: ServiceEntry | undefined, apply: () => void): Step {
    return { piece: this.name, kind, subject: this.#subject, found: describe(found), apply }
  }
}

/**
 * `sh` and `mh` send a client always to the same server, and refuse it while that one has weight 0, unless they are
 * told to fall back on another (IP_VS_SVC_F_SCHED_SH_FALLBACK and its twin of mh are both this flag).
 */
function flagsFor(scheduler: string): ServiceFlag[] {
  return scheduler === 'sh' || scheduler === 'mh' ? ['sched1'] : []
}

function describe(found: ServiceEntry | undefined): string {
  if (found === undefined) return 'nothing'
  const { scheduler, flags, persistenceTimeout } = found
  const persistence = flags.includes('persistent') ? [`persistent ${persistenceTimeout}s`] : []
  return [scheduler, ...flags.filter((flag) => flag !== 'persistent'), ...persistence].join(' ')
}
