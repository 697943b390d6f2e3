import type { TemplateError } from '../errors.ts'
import { templateError } from './template-lexer.ts'
import { type BlockNode, parseTemplate, type TemplateNode } from './template-parser.ts'

/** A value of a template: text, a list for `range`, or a condition. */
export type TemplateValue = string | boolean | readonly string[]

/** The values of a template by their names, without the dot. */
export type TemplateValues = Readonly<Record<string, TemplateValue>>

/** Where a part is rendered: inside `range` the dot is one text, and names stand for nothing, as in Go. */
interface Scope {
  readonly template: string
  readonly values: TemplateValues
  readonly dot: string | undefined
}

/**
 * Renders a template of the language of Go's text/template: `{{.Name}}`, `{{.}}`, `{{if .Name}}`, `{{range .Name}}`,
 * `{{else}}`, `{{end}}`, comments, and the trimming of `{{- ` and ` -}}`. What it takes, it renders as Go does.
 *
 * Throws TemplateError with line and column for everything else: functions, pipes, variables, and names without a value,
 * also in parts that are not rendered.
 */
export function renderTemplate(template: string, values: TemplateValues): string {
  const nodes = parseTemplate(template)
  const scope: Scope = { template, values, dot: undefined }
  check(nodes, scope)
  return render(nodes, scope)
}

function render(nodes: readonly TemplateNode[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join('')
}

function renderNode(node: TemplateNode, scope: Scope): string {
  if (node.kind === 'text') return node.text
  const value = lookUp(node, scope)
  if (node.kind === 'value') return String(value)
  const isFull = Array.isArray(value) ? value.length > 0 : Boolean(value)
  if (!isFull) return render(node.otherwise, scope)
  if (node.kind === 'if') return render(node.body, scope)
  return listOf(value)
    .map((dot) => render(node.body, { ...scope, dot }))
    .join('')
}

/** Looks at every part once, rendered or not, so that a mistake does not wait for the day its part is needed. */
function check(nodes: readonly TemplateNode[], scope: Scope): void {
  for (const node of nodes) {
    if (node.kind === 'text') continue
    const value = lookUp(node, scope)
    if (node.kind === 'value') checkPrinted(node, value, scope)
    else checkBlock(node, value, scope)
  }
}

function checkPrinted(node: Named, value: TemplateValue, { template }: Scope): void {
  if (Array.isArray(value)) throw wrong(template, node, `is a list: write {{range .${node.name}}}`)
}

function checkBlock(node: BlockNode, value: TemplateValue, scope: Scope): void {
  if (node.kind === 'range' && !Array.isArray(value)) throw wrong(scope.template, node, 'is not a list')
  check(node.body, node.kind === 'range' ? { ...scope, dot: '' } : scope)
  check(node.otherwise, scope)
}

type Named = Exclude<TemplateNode, { readonly kind: 'text' }>

function lookUp(node: Named, { template, values, dot }: Scope): TemplateValue {
  if (dot !== undefined) {
    if (node.name === '') return dot
    throw wrong(template, node, 'cannot be used inside {{range}}, where {{.}} is one item of the list')
  }
  if (node.name === '') throw wrong(template, node, 'is for the inside of {{range}}')
  const value = Object.hasOwn(values, node.name) ? values[node.name] : undefined
  if (value === undefined) throw wrong(template, node, `is not known: ${Object.keys(values).join(', ')} are`)
  return value
}

function wrong(template: string, { name, at }: Named, what: string): TemplateError {
  return templateError(template, at, `.${name} ${what}`)
}

function listOf(value: TemplateValue): readonly string[] {
  return typeof value === 'object' ? value : []
}
