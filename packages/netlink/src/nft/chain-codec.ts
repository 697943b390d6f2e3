import { FamilyNumber } from '../address.ts'
import { AttributeWriter } from '../attribute-writer.ts'
import { type Attribute, readAttributes } from '../attributes.ts'
import { DecodeError } from '../errors.ts'
import { ChainAttr, HookAttr, HookNumber, Verdict } from './constants.ts'
import { encodeNfgen, nfgenAttributes } from './header.ts'
import type { NftBase, NftChain, NftHook } from './table.ts'
import { checkedName, type TableKey } from './table-codec.ts'

/** The payload that makes a chain without its rules. */
export function encodeChain({ family, name: table }: TableKey, { name, base }: NftChain): Uint8Array {
  const attributes = new AttributeWriter()
    .text(ChainAttr.TABLE, checkedName(table))
    .text(ChainAttr.NAME, checkedName(name))
  if (base !== undefined) writeBase(attributes, base)
  return encodeNfgen(FamilyNumber[family], 0, attributes.finish())
}

/** Reads the payload of a NEWCHAIN: the name of its table, and the chain without its rules; throws {@link DecodeError}. */
export function decodeChain(payload: Uint8Array): Omit<NftChain, 'rules'> & { readonly table: string } {
  const attributes = readAttributes(nfgenAttributes(payload), 'chain')
  const get = (type: number): Attribute | undefined => attributes.find((one) => one.type === type)
  const names = {
    table: get(ChainAttr.TABLE)?.text() ?? '',
    name: get(ChainAttr.NAME)?.text() ?? '',
  }
  const hook = get(ChainAttr.HOOK)
  if (hook === undefined) return names
  const type = get(ChainAttr.TYPE)?.text() ?? ''
  const policy = get(ChainAttr.POLICY)?.be32() === Verdict.DROP ? 'drop' : 'accept'
  return { ...names, base: { type, ...readHook(hook), policy } }
}

const HOOKS: ReadonlyMap<NftHook, number> = new Map([
  ['prerouting', HookNumber.PRE_ROUTING],
  ['input', HookNumber.LOCAL_IN],
  ['forward', HookNumber.FORWARD],
  ['output', HookNumber.LOCAL_OUT],
  ['postrouting', HookNumber.POST_ROUTING],
])

function writeBase(attributes: AttributeWriter, base: NftBase): void {
  const { type, hook, priority, policy = 'accept' } = base
  const number = HOOKS.get(hook)
  if (number === undefined) throw new RangeError(`"${hook}" is not a hook that a chain can be made at`)
  if ((priority | 0) !== priority) {
    throw new RangeError(`chain priority: ${priority} is not a 32-bit integer`)
  }
  attributes
    .nested(ChainAttr.HOOK, (inner) =>
      inner.be32(HookAttr.HOOKNUM, number).be32(HookAttr.PRIORITY, priority >>> 0),
    )
    .be32(ChainAttr.POLICY, policy === 'accept' ? Verdict.ACCEPT : Verdict.DROP)
    .text(ChainAttr.TYPE, type)
}

function readHook(attribute: Attribute): Pick<NftBase, 'hook' | 'priority'> {
  let number: number | undefined
  let priority = 0
  for (const inner of attribute.nested()) {
    if (inner.type === HookAttr.HOOKNUM) number = inner.be32()
    // Signed, whatever the header says of it.
    else if (inner.type === HookAttr.PRIORITY) priority = inner.be32() | 0
  }
  if (number === undefined) throw new DecodeError(attribute.path, 'NFTA_HOOK_HOOKNUM', 'a hook without it')
  const known = [...HOOKS].find(([, one]) => one === number)
  return { hook: known?.[0] ?? `hook-${number}`, priority }
}
