import { DecodeError, GenlFamily, type GenlMessage, type GenlOptions } from '@lvscare/netlink'
import type { Ask } from './ask.ts'
import { Command, IpvsGenl } from './constants.ts'
import { type IpvsOperation, toIpvsError } from './errors.ts'

/** The command that carries an object in the answer to a GET. */
const ANSWERS: Readonly<Record<number, number>> = {
  [Command.GET_SERVICE]: Command.NEW_SERVICE,
  [Command.GET_DEST]: Command.NEW_DEST,
  [Command.GET_CONFIG]: Command.SET_CONFIG,
  [Command.GET_INFO]: Command.SET_INFO,
}

/** Encode, execute, decode: every request goes through here, so that every failure becomes an IpvsError. */
export class Exchange {
  readonly #family: GenlFamily

  private constructor(family: GenlFamily) {
    this.#family = family
  }

  /** Opens a socket and looks the family up, which loads the module. */
  static open(options: GenlOptions): Exchange {
    return attempt('open IPVS', '', () => new Exchange(GenlFamily.open(IpvsGenl.NAME, options)))
  }

  /** Sends a change. */
  change(ask: Ask): void {
    attempt(ask.operation, ask.subject, () => this.#family.change(messageOf(ask)))
  }

  /** Asks for one object. */
  get<T>(ask: Ask, decode: (attributes: Uint8Array) => T): T {
    return attempt(ask.operation, ask.subject, () => {
      const [object] = objectsOf(ask, this.#family.get(messageOf(ask)), decode)
      if (object === undefined) throw new DecodeError('answer', 'one object', 'none')
      return object
    })
  }

  /** Asks for all objects that the attributes select. */
  dump<T>(ask: Ask, decode: (attributes: Uint8Array) => T): T[] {
    return attempt(ask.operation, ask.subject, () =>
      objectsOf(ask, this.#family.dump(messageOf(ask)), decode),
    )
  }

  /** Closes the socket; a later request opens another one. */
  close(): void {
    this.#family.close()
  }
}

/** Runs `work`; what it throws is thrown on as the error of that operation. */
export function attempt<T>(operation: IpvsOperation, subject: string | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toIpvsError(error, operation, subject ?? '')
  }
}

function messageOf(ask: Ask): GenlMessage {
  return { command: ask.command, attributes: ask.encode?.() ?? new Uint8Array() }
}

function objectsOf<T>(ask: Ask, replies: readonly GenlMessage[], decode: (attributes: Uint8Array) => T): T[] {
  const wanted = ANSWERS[ask.command]
  return replies.filter((reply) => reply.command === wanted).map((reply) => decode(reply.attributes))
}
