import type { AttributeWriter } from '../attribute-writer.ts'
import type { Attribute } from '../attributes.ts'
import { DecodeError } from '../errors.ts'
import {
  CmpAttr,
  CmpOp,
  CounterAttr,
  CtAttr,
  CtDirection,
  CtKey,
  DataAttr,
  ExprAttr,
  ListAttr,
  MetaAttr,
  MetaKey,
  PayloadAttr,
  PayloadBase,
  Register,
} from './constants.ts'
import type { NftCmpOp, NftCtKey, NftExpression } from './expression.ts'

/** Appends one expression to a rule's list; throws RangeError for one of kind `other`. */
export function writeExpression(list: AttributeWriter, expression: NftExpression): void {
  if (expression.kind === 'other') {
    throw new RangeError(`an expression "${expression.name}" can be read and not written`)
  }
  list.nested(ListAttr.ELEM, (element) =>
    element
      .text(ExprAttr.NAME, expression.kind)
      .nested(ExprAttr.DATA, (data) => void writeData(data, expression)),
  )
}

/** Reads one element of a rule's list; what {@link writeExpression} would not have written is `other`. */
export function readExpression(element: Attribute): NftExpression {
  let name: string | undefined
  let data: Attribute[] = []
  for (const attribute of element.nested()) {
    if (attribute.type === ExprAttr.NAME) name = attribute.text()
    else if (attribute.type === ExprAttr.DATA) data = attribute.nested()
  }
  if (name === undefined) throw new DecodeError(element.path, 'NFTA_EXPR_NAME', 'an expression without it')
  return READERS.get(name)?.(new Map(data.map((one) => [one.type, one]))) ?? { kind: 'other', name }
}

function writeData(data: AttributeWriter, expression: Exclude<NftExpression, { kind: 'other' }>): void {
  switch (expression.kind) {
    case 'ct':
      data.be32(CtAttr.DREG, Register[1]).be32(CtAttr.KEY, CT_KEYS[expression.key])
      data.u8(CtAttr.DIRECTION, CtDirection.ORIGINAL)
      break
    case 'meta':
      data.be32(MetaAttr.DREG, Register[1]).be32(MetaAttr.KEY, MetaKey.L4PROTO)
      break
    case 'payload':
      data.be32(PayloadAttr.DREG, Register[1]).be32(PayloadAttr.BASE, PayloadBase.NETWORK_HEADER)
      data.be32(PayloadAttr.OFFSET, expression.offset).be32(PayloadAttr.LEN, expression.length)
      break
    case 'cmp':
      data.be32(CmpAttr.SREG, Register[1]).be32(CmpAttr.OP, CMP_OPS[expression.op])
      data.nested(CmpAttr.DATA, (constant) => constant.bytes(DataAttr.VALUE, expression.value))
      break
    case 'counter':
      data.be64(CounterAttr.BYTES, expression.bytes).be64(CounterAttr.PACKETS, expression.packets)
      break
    case 'masq':
      break
  }
}

type Data = ReadonlyMap<number, Attribute>

/** Each says undefined where there is more, or something else, than this package writes. */
const READERS: ReadonlyMap<string, (data: Data) => NftExpression | undefined> = new Map([
  ['ct', readCt],
  ['meta', readMeta],
  ['payload', readPayload],
  ['cmp', readCmp],
  ['counter', readCounter],
  ['masq', readMasq],
])

const CT_KEYS: Readonly<Record<NftCtKey, number>> = {
  'dst-ip': CtKey.DST_IP,
  'dst-ip6': CtKey.DST_IP6,
  'proto-dst': CtKey.PROTO_DST,
}

const CMP_OPS: Readonly<Record<NftCmpOp, number>> = { eq: CmpOp.EQ, neq: CmpOp.NEQ }

function readCt(data: Data): NftExpression | undefined {
  const key = wordOf(CT_KEYS, data.get(CtAttr.KEY)?.be32())
  const original = data.get(CtAttr.DIRECTION)?.u8() === CtDirection.ORIGINAL
  if (!isFirst(data.get(CtAttr.DREG)) || !original || key === undefined) return undefined
  return { kind: 'ct', key, direction: 'original' }
}

function readMeta(data: Data): NftExpression | undefined {
  const isProtocol = data.get(MetaAttr.KEY)?.be32() === MetaKey.L4PROTO
  return isFirst(data.get(MetaAttr.DREG)) && isProtocol ? { kind: 'meta', key: 'l4proto' } : undefined
}

function readPayload(data: Data): NftExpression | undefined {
  const offset = data.get(PayloadAttr.OFFSET)?.be32()
  const length = data.get(PayloadAttr.LEN)?.be32()
  const isNetwork = data.get(PayloadAttr.BASE)?.be32() === PayloadBase.NETWORK_HEADER
  if (!isFirst(data.get(PayloadAttr.DREG)) || !isNetwork) return undefined
  return offset === undefined || length === undefined
    ? undefined
    : { kind: 'payload', base: 'network', offset, length }
}

function readCmp(data: Data): NftExpression | undefined {
  const op = wordOf(CMP_OPS, data.get(CmpAttr.OP)?.be32())
  const [constant] = data.get(CmpAttr.DATA)?.nested() ?? []
  if (!isFirst(data.get(CmpAttr.SREG)) || op === undefined || constant?.type !== DataAttr.VALUE)
    return undefined
  // Kept beyond the buffer it was received in.
  return { kind: 'cmp', op, value: Uint8Array.from(constant.payload) }
}

function readCounter(data: Data): NftExpression | undefined {
  const bytes = data.get(CounterAttr.BYTES)?.be64()
  const packets = data.get(CounterAttr.PACKETS)?.be64()
  return bytes === undefined || packets === undefined ? undefined : { kind: 'counter', packets, bytes }
}

/** One with flags or a range of ports masquerades otherwise. */
function readMasq(data: Data): NftExpression | undefined {
  return data.size === 0 ? { kind: 'masq' } : undefined
}

function isFirst(register: Attribute | undefined): boolean {
  return register?.be32() === Register[1]
}

function wordOf<Word extends string>(
  numbers: Readonly<Record<Word, number>>,
  number: number | undefined,
): Word | undefined {
  return (Object.keys(numbers) as Word[]).find((word) => numbers[word] === number)
}
