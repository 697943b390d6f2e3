import { TemplateError } from '../errors.ts'

/** A piece of a template: text as it is, or what stands between `{{` and `}}`. */
export interface Token {
  readonly kind: 'text' | 'action'
  /** Trimmed of what the markers trim; an action without white space at its ends. */
  readonly text: string
  /** Index of its first character in the template. */
  readonly at: number
}

/** White space of Go's templates; JavaScript's `\s` has more. */
const SPACE = '[ \\t\\r\\n]'
const LEFT_MARKER = new RegExp(`^-${SPACE}`)
const RIGHT_MARKER = new RegExp(`${SPACE}-$`)
const LEADING = new RegExp(`^${SPACE}+`)
const TRAILING = new RegExp(`${SPACE}+$`)
const COMMENT_END = new RegExp(`^(${SPACE}-)?}}`)

/** Splits a template; throws {@link TemplateError} for an action or a comment without an end. */
export function tokenize(template: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  let trim = false
  for (;;) {
    const open = template.indexOf('{{', at)
    const raw = template.slice(at, open < 0 ? undefined : open)
    const left = open >= 0 && LEFT_MARKER.test(template.slice(open + 2, open + 4))
    pushText(tokens, raw, at, trim, left)
    if (open < 0) return tokens
    const action = readAction(template, open, open + (left ? 4 : 2))
    if (action.text !== undefined) tokens.push({ kind: 'action', text: action.text, at: open })
    ;({ end: at, trim } = action)
  }
}

/** Says where in a template something is wrong: line and column, both from 1. */
export function templateError(template: string, at: number, what: string): TemplateError {
  const before = template.slice(0, at).split('\n')
  return new TemplateError(`line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what}`)
}

function pushText(tokens: Token[], raw: string, at: number, start: boolean, end: boolean): void {
  const cut = start ? raw.replace(LEADING, '') : raw
  const text = end ? cut.replace(TRAILING, '') : cut
  if (text !== '') tokens.push({ kind: 'text', text, at })
}

/** What an action was: its text (none for a comment), where it ends, and whether it trims what comes after it. */
interface Action {
  readonly text: string | undefined
  readonly end: number
  readonly trim: boolean
}

function readAction(template: string, open: number, start: number): Action {
  if (template.startsWith('/*', start)) return readComment(template, open, start)
  const close = template.indexOf('}}', start)
  if (close < 0) throw templateError(template, open, '{{ without }}')
  const inner = template.slice(start, close)
  const trim = RIGHT_MARKER.test(inner)
  const text = (trim ? inner.slice(0, -2) : inner).replace(LEADING, '').replace(TRAILING, '')
  return { text, end: close + 2, trim }
}

/** Go wants a comment to fill its action: `{{/* a comment *\/}}`, with `- ` and ` -` at most around it. */
function readComment(template: string, open: number, start: number): Action {
  const close = template.indexOf('*/', start + 2)
  if (close < 0) throw templateError(template, open, 'a comment without */')
  const [end] = COMMENT_END.exec(template.slice(close + 2)) ?? []
  if (end === undefined) throw templateError(template, open, 'a comment must end with */}} or */ -}}')
  return { text: undefined, end: close + 2 + end.length, trim: end.length > 2 }
}
