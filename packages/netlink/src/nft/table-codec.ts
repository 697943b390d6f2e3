import { FamilyNumber } from '../address.ts'
import { AttributeWriter } from '../attribute-writer.ts'
import { readAttributes } from '../attributes.ts'
import { NFT_NAME_MAXLEN, TableAttr, TableFlag } from './constants.ts'
import { encodeNfgen, nfgenAttributes } from './header.ts'
import type { NftTable } from './table.ts'

/** A table by family and name. */
export type TableKey = Pick<NftTable, 'family' | 'name'>

/** The payload that names a table, to be read or deleted; without a name all of the family. */
export function encodeTableKey({ family, name }: Partial<TableKey> & Pick<TableKey, 'family'>): Uint8Array {
  const attributes = new AttributeWriter()
  if (name !== undefined) attributes.text(TableAttr.NAME, checkedName(name))
  return encodeNfgen(FamilyNumber[family], 0, attributes.finish())
}

/** The payload that makes a table; its chains are messages of their own. Throws RangeError for a name that does not fit. */
export function encodeTable({ family, name, dormant = false }: Omit<NftTable, 'chains'>): Uint8Array {
  const attributes = new AttributeWriter()
    .text(TableAttr.NAME, checkedName(name))
    .be32(TableAttr.FLAGS, dormant ? TableFlag.DORMANT : 0)
  return encodeNfgen(FamilyNumber[family], 0, attributes.finish())
}

/** What the kernel says of a table. */
export interface TableInfo {
  readonly name: string
  readonly dormant: boolean
  /** How many chains, sets and other objects are in it. */
  readonly use: number
}

/** Reads the payload of a NEWTABLE; throws {@link DecodeError}. */
export function decodeTable(payload: Uint8Array): TableInfo {
  let name = ''
  let flags = 0
  let use = 0
  for (const attribute of readAttributes(nfgenAttributes(payload), 'table')) {
    if (attribute.type === TableAttr.NAME) name = attribute.text()
    else if (attribute.type === TableAttr.FLAGS) flags = attribute.be32()
    else if (attribute.type === TableAttr.USE) use = attribute.be32()
  }
  return { name, dormant: (flags & TableFlag.DORMANT) !== 0, use }
}

/** The kernel's limit, and no empty name: to a GET that would mean all. */
export function isName(name: string): boolean {
  return name.length > 0 && name.length < NFT_NAME_MAXLEN
}

/** The name as it was given; throws RangeError for what is none. */
export function checkedName(name: string): string {
  if (isName(name)) return name
  throw new RangeError(`"${name}" is not a name of nf_tables: it must have 1 to ${NFT_NAME_MAXLEN - 1} bytes`)
}
