import { AttributeWriter } from '../attribute-writer.ts'
import { readAttributes } from '../attributes.ts'
import type { Connection } from '../connection.ts'
import { DecodeError, KernelError, NoFamilyError } from '../errors.ts'
import { CtrlAttr, CtrlCommand, Genl } from './constants.ts'
import { decodeGenl, encodeGenl } from './header.ts'

/** What the kernel says of a generic netlink family. */
export interface FamilyInfo {
  /** Message type of the family: dynamic, another one after its module was loaded again. */
  readonly id: number
  readonly name: string
  readonly version: number
}

/**
 * Asks the controller for a family by name, which makes the kernel load the module that brings it.
 *
 * Throws {@link NoFamilyError} when there is none even then; no retry mends that.
 */
export function lookupFamily(connection: Connection, name: string): FamilyInfo {
  if (name.length === 0 || name.length >= Genl.NAME_BYTES) {
    throw new RangeError(
      `"${name}" is not a family name: it must have 1 to ${Genl.NAME_BYTES - 1} characters`,
    )
  }
  const attributes = new AttributeWriter().text(CtrlAttr.FAMILY_NAME, name).finish()
  const payload = encodeGenl({ command: CtrlCommand.GETFAMILY, attributes }, 1)
  try {
    const [message] = connection.execute({ type: Genl.ID_CTRL, get: true, payload })
    if (message === undefined) throw new DecodeError('family', 'one answer', 'none')
    return checked(readFamily(decodeGenl(message.payload).attributes), name)
  } catch (error) {
    if (error instanceof KernelError && error.errno === 'ENOENT') throw new NoFamilyError(name, error)
    throw error
  }
}

/** What is remembered and sent with every later request: of a garbled answer nothing must be left. */
function checked(family: FamilyInfo, wanted: string): FamilyInfo {
  const { id, name, version } = family
  if (name !== wanted) throw new DecodeError('family', `the family "${wanted}"`, `"${name}"`)
  // Only the controller itself has its number.
  if (id <= Genl.ID_CTRL && name !== CONTROLLER)
    throw new DecodeError('family', `an id above ${Genl.ID_CTRL}`, String(id))
  if (version > MAX_VERSION) throw new DecodeError('family', 'a version of one byte', String(version))
  return family
}

/** The name of the controller's own family. */
const CONTROLLER = 'nlctrl'

/** What fits into `struct genlmsghdr`. */
const MAX_VERSION = 0xff

function readFamily(bytes: Uint8Array): FamilyInfo {
  let id: number | undefined
  let name = ''
  let version = 0
  for (const attribute of readAttributes(bytes, 'family')) {
    if (attribute.type === CtrlAttr.FAMILY_ID) id = attribute.u16()
    else if (attribute.type === CtrlAttr.FAMILY_NAME) name = attribute.text()
    else if (attribute.type === CtrlAttr.VERSION) version = attribute.u32()
  }
  if (id === undefined) throw new DecodeError('family', 'CTRL_ATTR_FAMILY_ID', 'an answer without it')
  return { id, name, version }
}
