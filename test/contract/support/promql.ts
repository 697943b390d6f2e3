/** What an expression asks for. */
export interface Asked {
  /** The metrics, each with the matchers that stand behind it: label, and value where it is exactly one. */
  readonly metrics: readonly { readonly name: string; readonly matchers: readonly Matcher[] }[]
  /** Labels that series are grouped by or matched on. */
  readonly groups: readonly string[]
}

/** `label="value"`; no value for `=~` and the others. */
export interface Matcher {
  readonly label: string
  readonly value?: string
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'])
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g
const SELECTOR = /([A-Za-z_:][\w:]*)\s*(\(|\{[^}]*\})?/g
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g

/** Takes a PromQL expression apart, as far as names go: whether it is one, Prometheus says. */
export function asked(expression: string): Asked {
  const groups = [...expression.matchAll(GROUPING)].flatMap(([, list = '']) => words(list))
  const rest = expression.replaceAll(GROUPING, ' ').replaceAll(/\[[^\]]*\]/g, ' ')
  const names = [...rest.matchAll(SELECTOR)].filter(
    ([, name = '', next]) => next !== '(' && !KEYWORDS.has(name),
  )
  return { groups, metrics: names.map(([, name = '', next = '']) => ({ name, matchers: matchers(next) })) }
}

function matchers(braces: string): Matcher[] {
  return [...braces.matchAll(MATCHER)].map(([, label = '', operator, value = '']) =>
    operator === '=' ? { label, value } : { label },
  )
}

function words(list: string): string[] {
  return list.split(',').flatMap((word) => word.trim() || [])
}
