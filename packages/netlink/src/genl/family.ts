import { Connection, type ConnectionOptions, type Request } from '../connection.ts'
import { Flag, Protocol } from '../constants.ts'
import { KernelError } from '../errors.ts'
import { type FamilyInfo, lookupFamily } from './controller.ts'
import { decodeGenl, encodeGenl, type GenlMessage } from './header.ts'

/** Options of {@link GenlFamily.open}. */
export type GenlOptions = Omit<ConnectionOptions, 'protocol' | 'strictDumps'>

/** What distinguishes a change, a GET and a dump. */
type How = Pick<Request, 'flags' | 'get'>

/** One generic netlink family, found by its name, with a connection of its own. */
export class GenlFamily {
  readonly #connection: Connection
  #info: FamilyInfo

  private constructor(connection: Connection, info: FamilyInfo) {
    this.#connection = connection
    this.#info = info
  }

  /** Opens a connection and looks the family up; throws {@link NoFamilyError} when the kernel has none of that name. */
  static open(name: string, options: GenlOptions = {}): GenlFamily {
    const connection = Connection.open({ ...options, protocol: Protocol.GENERIC })
    try {
      return new GenlFamily(connection, lookupFamily(connection, name))
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** What the kernel last said of the family. */
  get info(): FamilyInfo {
    return this.#info
  }

  /** Changes something; see {@link Connection.execute} for the errors of this and the other requests. */
  change(message: GenlMessage): void {
    this.#execute(message, {})
  }

  /** Asks for one object. */
  get(message: GenlMessage): GenlMessage[] {
    return this.#execute(message, { get: true })
  }

  /** Asks for all objects that the attributes select. */
  dump(message: GenlMessage): GenlMessage[] {
    return this.#execute(message, { flags: Flag.DUMP })
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close()
  }

  #execute(message: GenlMessage, how: How): GenlMessage[] {
    try {
      return this.#send(message, how)
    } catch (error) {
      // ENOENT also means "no family of this id": its module was loaded again and got another one.
      if (!(error instanceof KernelError) || error.errno !== 'ENOENT' || !this.#moved()) throw error
      return this.#send(message, how)
    }
  }

  #send(message: GenlMessage, how: How): GenlMessage[] {
    const payload = encodeGenl(message, this.#info.version)
    const replies = this.#connection.execute({ ...how, type: this.#info.id, payload })
    return replies.filter((reply) => reply.type === this.#info.id).map((reply) => decodeGenl(reply.payload))
  }

  #moved(): boolean {
    const before = this.#info.id
    this.#info = lookupFamily(this.#connection, this.#info.name)
    return this.#info.id !== before
  }
}
