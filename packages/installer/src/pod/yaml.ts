import { parse, type ScalarTag, stringify, type Tags } from 'yaml'
import type { AnyPod } from './types.ts'

/** Words that need no quotes, unless one of the readers takes them for something else than text. */
const PLAIN = /^-{0,2}[A-Za-z0-9/]([\w./:@=,+-]*[\w./@=,+-])?$/

/** kubelet reads YAML 1.1, where `off` is false; nearly everybody else reads 1.2. */
const READERS = ['1.1', '1.2'] as const

/**
 * The manifest of a pod, the same bytes every time: block style, sorted keys, as programs in Go write it.
 *
 * A pod with a `status` came from such a program, which then also writes an empty time of creation.
 */
export function toYaml(pod: AnyPod): string {
  const creation = pod.status === undefined ? {} : { creationTimestamp: null }
  return yamlText({ ...pod, metadata: { ...creation, ...pod.metadata } })
}

/** Plain data as YAML that everybody reads in the same way, whatever version of YAML he takes it for. */
export function yamlText(data: object, options: { readonly sorted?: boolean } = {}): string {
  return stringify(data, {
    sortMapEntries: options.sorted ?? true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    customTags: (tags) => tags.map(withOwnText),
  })
}

function withOwnText(tag: Tags[number]): Tags[number] {
  if (typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:str' || tag.collection !== undefined)
    return tag
  return { ...(tag as ScalarTag), stringify: ({ value }) => textOf(String(value)) }
}

function textOf(text: string): string {
  const isPlain = PLAIN.test(text) && READERS.every((version) => parse(text, { version }) === text)
  return isPlain ? text : quoted(text)
}

/** With every letter escaped that is not ASCII: YAML 1.1 takes some of the others for ends of lines. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (letter) => {
    const code = letter.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
  })
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
