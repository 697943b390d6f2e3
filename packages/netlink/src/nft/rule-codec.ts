import { FamilyNumber } from '../address.ts'
import { AttributeWriter } from '../attribute-writer.ts'
import { type Attribute, readAttributes } from '../attributes.ts'
import { ListAttr, RuleAttr } from './constants.ts'
import { readExpression, writeExpression } from './expression-codec.ts'
import { encodeNfgen, nfgenAttributes } from './header.ts'
import type { NftRule } from './table.ts'
import { checkedName, type TableKey } from './table-codec.ts'

/** The payload that makes a rule of a chain, and without expressions the one that asks for the rules of a table. */
export function encodeRule(table: TableKey, chain?: string, rule?: NftRule): Uint8Array {
  const attributes = new AttributeWriter().text(RuleAttr.TABLE, checkedName(table.name))
  if (chain !== undefined) attributes.text(RuleAttr.CHAIN, checkedName(chain))
  if (rule !== undefined) {
    attributes.nested(RuleAttr.EXPRESSIONS, (list) => {
      for (const expression of rule) writeExpression(list, expression)
    })
  }
  return encodeNfgen(FamilyNumber[table.family], 0, attributes.finish())
}

/** Reads the payload of a NEWRULE: where it stands, and the rule; throws {@link DecodeError}. */
export function decodeRule(payload: Uint8Array): {
  readonly table: string
  readonly chain: string
  readonly rule: NftRule
} {
  let table = ''
  let chain = ''
  let rule: NftRule = []
  for (const attribute of readAttributes(nfgenAttributes(payload), 'rule')) {
    if (attribute.type === RuleAttr.TABLE) table = attribute.text()
    else if (attribute.type === RuleAttr.CHAIN) chain = attribute.text()
    else if (attribute.type === RuleAttr.EXPRESSIONS) rule = readExpressions(attribute)
  }
  return { table, chain, rule }
}

function readExpressions(list: Attribute): NftRule {
  return list
    .nested()
    .filter((element) => element.type === ListAttr.ELEM)
    .map(readExpression)
}
