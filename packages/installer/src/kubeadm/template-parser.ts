import { type Token, templateError, tokenize } from './template-lexer.ts'

/** A part of a template. `name` is what the dot is followed by: empty for the dot itself. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: string; readonly at: number }
  | BlockNode

/** `{{if .X}}` or `{{range .X}}` with what is done, and what is done otherwise. */
export interface BlockNode {
  readonly kind: 'if' | 'range'
  readonly name: string
  readonly at: number
  readonly body: TemplateNode[]
  readonly otherwise: TemplateNode[]
}

const VALUE = /^\.([A-Za-z_]\w*)?$/
const BLOCK = /^(if|range)[ \t\r\n]+\.([A-Za-z_]\w*)?$/

const SUBSET =
  'is not supported: there are {{.Name}}, {{.}}, {{if .Name}}, {{range .Name}}, {{else}}, {{end}} and {{/* comments */}}'

/** An open block, and the list that parts go to. */
interface Frame {
  readonly block: BlockNode | undefined
  into: TemplateNode[]
}

/** Reads a template; throws TemplateError with line and column for everything outside the subset. */
export function parseTemplate(template: string): TemplateNode[] {
  const root: Frame = { block: undefined, into: [] }
  const frames = [root]
  for (const token of tokenize(template)) {
    if (token.kind === 'text') topOf(frames).into.push({ kind: 'text', text: token.text })
    else readAction(template, token, frames)
  }
  const { block } = topOf(frames)
  if (block !== undefined) throw templateError(template, block.at, `{{${block.kind}}} without {{end}}`)
  return root.into
}

function readAction(template: string, token: Token, frames: Frame[]): void {
  const { text, at } = token
  const top = topOf(frames)
  const value = VALUE.exec(text)
  const block = BLOCK.exec(text)
  if (value !== null) top.into.push({ kind: 'value', name: value[1] ?? '', at })
  else if (block !== null) openBlock(frames, block[1] === 'if' ? 'if' : 'range', block[2] ?? '', at)
  else if (text === 'else') startElse(template, top, at)
  else if (text === 'end') closeBlock(template, frames, at)
  else throw templateError(template, at, `{{${text}}} ${SUBSET}`)
}

function openBlock(frames: Frame[], kind: 'if' | 'range', name: string, at: number): void {
  const block: BlockNode = { kind, name, at, body: [], otherwise: [] }
  topOf(frames).into.push(block)
  frames.push({ block, into: block.body })
}

function startElse(template: string, top: Frame, at: number): void {
  if (top.block === undefined) throw templateError(template, at, '{{else}} without {{if}} or {{range}}')
  if (top.into === top.block.otherwise) throw templateError(template, at, 'a second {{else}}')
  top.into = top.block.otherwise
}

function closeBlock(template: string, frames: Frame[], at: number): void {
  if (frames.length === 1) throw templateError(template, at, '{{end}} without {{if}} or {{range}}')
  frames.pop()
}

function topOf(frames: readonly Frame[]): Frame {
  const top = frames.at(-1)
  if (top === undefined) throw new RangeError('there is no frame') // the root is never taken off
  return top
}
