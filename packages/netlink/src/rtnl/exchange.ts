import { Connection, type ConnectionOptions, type Request } from '../connection.ts'
import { Flag, Protocol } from '../constants.ts'
import { KernelError } from '../errors.ts'

/** Options of `Rtnetlink.open`. */
export type RtnetlinkOptions = Omit<ConnectionOptions, 'protocol' | 'strictDumps'>

/** The four ways rtnetlink is spoken to; types are `RTM_*`, payloads are encoded. */
export class RtnlExchange {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Opens a connection whose dumps the kernel filters; throws {@link SyscallError} or {@link BindingError}. */
  static open(options: RtnetlinkOptions): RtnlExchange {
    return new RtnlExchange(Connection.open({ ...options, protocol: Protocol.ROUTE, strictDumps: true }))
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close()
  }

  /** The one object a GET asks for, or undefined when the kernel refuses with one of the errnos `missing`. */
  get(type: number, payload: Uint8Array, missing: readonly string[]): Uint8Array | undefined {
    return unless(missing, () => this.#read({ type, payload, get: true })[0])
  }

  /** Every object a GET asks for; none when the kernel refuses with one of the errnos `missing`. */
  dump(type: number, payload: Uint8Array, missing: readonly string[] = []): Uint8Array[] {
    return unless(missing, () => this.#read({ type, payload, flags: Flag.DUMP })) ?? []
  }

  /** Changes something; `flags` are those for a NEW. */
  change(type: number, payload: Uint8Array, flags = 0): void {
    this.#connection.execute({ type, flags, payload })
  }

  /** Deletes something; false when the kernel refuses with one of the errnos `missing`. */
  remove(type: number, payload: Uint8Array, missing: readonly string[]): boolean {
    const removed = unless(missing, () => {
      this.change(type, payload)
      return true
    })
    return removed ?? false
  }

  #read(request: Request): Uint8Array[] {
    const replies = this.#connection.execute(request)
    return replies.filter((reply) => reply.type === request.type - GET_TO_NEW).map((reply) => reply.payload)
  }
}

/** Every kind has its message types in the order NEW, DEL, GET; a GET is answered with NEWs. */
const GET_TO_NEW = 2

function unless<T>(missing: readonly string[], call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof KernelError && missing.includes(error.errno)) return undefined
    throw error
  }
}
