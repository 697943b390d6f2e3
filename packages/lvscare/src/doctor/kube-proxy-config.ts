/** How `excludeCIDRs` is written, and so can be edited: on one line, as a list below it, or otherwise. */
export type ListForm = 'absent' | 'inline' | 'block' | 'other'

/** The part of kube-proxy's configuration that matters to the rule. */
export interface KubeProxyConfig {
  /** Empty or `undefined`: kube-proxy's default, iptables. */
  readonly mode: string | undefined
  readonly excludeCidrs: readonly string[]
  readonly form: ListForm
  /** By how much the members of `ipvs` are indented, or with `block` the items of the list. */
  readonly indent: number
}

interface Line {
  readonly indent: number
  readonly text: string
}

/**
 * Reads `mode` and `ipvs.excludeCIDRs` of a KubeProxyConfiguration (`config.conf`), written as YAML or as JSON.
 *
 * Two values are no reason to carry a YAML library: this reads what kubeadm, kubespray and people write, line by line.
 */
export function readKubeProxyConfig(text: string): KubeProxyConfig {
  if (text.trimStart().startsWith('{')) return fromJson(text)
  const lines = linesOf(text)
  const top = Math.min(...lines.map(({ indent }) => indent))
  const mode = lines.find((line) => line.indent === top && line.text.startsWith('mode:'))
  return { mode: mode && unquoted(valueOfKey(mode.text)), ...readList(lines, top) }
}

function fromJson(text: string): KubeProxyConfig {
  const { mode, ipvs } = JSON.parse(text) as { mode?: unknown; ipvs?: { excludeCIDRs?: unknown } | null }
  const list = ipvs?.excludeCIDRs
  const excludeCidrs = Array.isArray(list) ? list.map(String) : []
  return { mode: typeof mode === 'string' ? mode : undefined, excludeCidrs, form: 'other', indent: 0 }
}

function readList(lines: readonly Line[], top: number): Omit<KubeProxyConfig, 'mode'> {
  const at = lines.findIndex(({ indent, text }) => indent === top && /^ipvs:$/.test(text))
  if (at < 0) return { excludeCidrs: [], form: 'other', indent: 0 }
  const end = lines.findIndex(({ indent }, index) => index > at && indent <= top)
  const members = lines.slice(at + 1, end < 0 ? undefined : end)
  const key = members.findIndex(({ text }) => /^excludeCIDRs:/i.test(text))
  const [first] = members
  if (key < 0)
    return { excludeCidrs: [], form: 'absent', indent: first === undefined ? 2 : first.indent - top }
  return listAt(members, key)
}

function listAt(members: readonly Line[], at: number): Omit<KubeProxyConfig, 'mode'> {
  const { text, indent } = members[at] ?? { text: '', indent: 0 }
  const rest = members.slice(at + 1)
  const value = valueOfKey(text)
  const items = itemsBelow(rest)
  if (value === '' && items.length > 0)
    return { excludeCidrs: items, form: 'block', indent: (rest[0]?.indent ?? indent) - indent }
  if (value.startsWith('[') && !value.endsWith(']')) {
    const end = rest.findIndex((line) => line.text.endsWith(']'))
    const joined = [value, ...rest.slice(0, end + 1).map((line) => line.text)].join(' ')
    return { excludeCidrs: flowItems(joined), form: 'other', indent: 0 }
  }
  return { excludeCidrs: value.startsWith('[') ? flowItems(value) : [], form: 'inline', indent: 0 }
}

function itemsBelow(lines: readonly Line[]): string[] {
  const end = lines.findIndex(({ text }) => !/^-(\s|$)/.test(text))
  return lines.slice(0, end < 0 ? undefined : end).map(({ text }) => unquoted(text.slice(1)))
}

function flowItems(text: string): string[] {
  return text
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map(unquoted)
    .filter((item) => item !== '')
}

/** Lines that say something, without what stands behind `#`. */
function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .map(withoutComment)
    .map((line) => ({ indent: line.length - line.trimStart().length, text: line.trim() }))
    .filter((line) => line.text !== '' && line.text !== '---')
}

/** A comment begins with a `#` at the start or behind white space, but not inside quotes. */
function withoutComment(line: string): string {
  return /^(?:[^\s#"']|\s(?!#)|"[^"]*"|'[^']*'|(?<=\S)#|["'])*/.exec(line)?.[0] ?? line
}

function valueOfKey(text: string): string {
  return text.slice(text.indexOf(':') + 1).trim()
}

function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text.trim())?.[2] ?? text.trim()
}

/**
 * The command that adds a range to `excludeCIDRs` of the ConfigMap that kubeadm makes, and keeps what is there; the one
 * that only opens it, where it is written in a way that no line editor can be trusted with.
 */
export function excludeCommand(config: KubeProxyConfig, cidr: string): string {
  const script = sedScript(config, cidr)
  const edit = 'kubectl -n kube-system edit configmap kube-proxy'
  return script === undefined ? edit : `KUBE_EDITOR="sed -i '${script}'" ${edit}`
}

/** Anchored at the start of a line: the whole text may stand in an annotation a second time. */
function sedScript({ form, indent, excludeCidrs }: KubeProxyConfig, cidr: string): string | undefined {
  const plain = excludeCidrs.every((one) => /^[\da-f.:/]+$/i.test(one))
  const list = [...excludeCidrs, cidr].map((one) => `\\"${one}\\"`).join(', ')
  const spaces = ' '.repeat(indent)
  if (form === 'inline' && plain) return `s|^\\( *\\)excludeCIDRs:.*|\\1excludeCIDRs: [${list}]|`
  if (form === 'block') return `s|^\\( *\\)excludeCIDRs:.*|&\\n\\1${spaces}- \\"${cidr}\\"|`
  if (form === 'absent') return `s|^\\( *\\)ipvs: *$|&\\n\\1${spaces}excludeCIDRs: [${list}]|`
  return undefined
}
