import { unsigned } from '../bytes.ts'
import { DecodeError } from '../errors.ts'
import { Genl } from './constants.ts'

/** A generic netlink message: what stands behind `struct nlmsghdr`. */
export interface GenlMessage {
  /** The family's own number for what is asked or told. */
  readonly command: number
  /** The run of attributes, still encoded. */
  readonly attributes: Uint8Array
}

/** `struct genlmsghdr` (command, version, two reserved zero bytes) and the attributes behind it; throws RangeError. */
export function encodeGenl(message: GenlMessage, version: number): Uint8Array {
  const command = unsigned('command', message.command, 8)
  const header = Uint8Array.of(command, unsigned('family version', version, 8), 0, 0)
  return Buffer.concat([header, message.attributes])
}

/** Splits a payload into command and attributes without copying; throws {@link DecodeError} when it is too short. */
export function decodeGenl(payload: Uint8Array): GenlMessage {
  const command = payload[0]
  if (command === undefined || payload.length < Genl.HEADER_BYTES) {
    throw new DecodeError('genlmsghdr', '4 bytes', `${payload.length} bytes`)
  }
  return { command, attributes: payload.subarray(Genl.HEADER_BYTES) }
}
