import { messageOf } from 'lvscare'
import { parseAllDocuments } from 'yaml'
import { isPlainObject, type PlainObject } from '../config/fields.ts'

/** Ends the reading of a manifest that is not a guard's; the message says why. */
export class Foreign extends Error {}

/** The pod in the text of a manifest; throws {@link Foreign}. */
export function podOf(text: string): PlainObject {
  const { value: pod, documents } = firstDocument(text)
  if (documents > 1) throw new Foreign(`has ${documents} documents`)
  if (!isPlainObject(pod)) throw new Foreign('is no object of Kubernetes')
  const { kind, apiVersion } = pod
  if (kind !== 'Pod' || apiVersion !== 'v1')
    throw new Foreign(`is ${shown(apiVersion)} ${shown(kind)}, not v1 Pod`)
  return pod
}

/** The first of the documents in a text, and how many there are: kubelet reads YAML 1.1, and no other one. Throws {@link Foreign}. */
export function firstDocument(text: string): { readonly value: unknown; readonly documents: number } {
  const documents = parseAllDocuments(text, { version: '1.1' })
  const [document] = documents
  if (!Array.isArray(documents) || document === undefined) return { value: undefined, documents: 0 }
  const [error] = document.errors
  if (error !== undefined) throw new Foreign(`is not YAML: ${firstLine(error.message)}`)
  try {
    // An alias may lead nowhere, or to something around it, which is no object of Kubernetes: those are trees.
    const value: unknown = document.toJS()
    JSON.stringify(value)
    return { value, documents: documents.length }
  } catch (cause) {
    throw new Foreign(`is not YAML: ${firstLine(messageOf(cause))}`)
  }
}

/** The object at a key; throws {@link Foreign}. */
export function objectOf(parent: PlainObject, key: string): PlainObject {
  const value = parent[key]
  if (!isPlainObject(value)) throw new Foreign(`has no ${key}`)
  return value
}

/** The text at a key; throws {@link Foreign}. */
export function textOf(parent: PlainObject, key: string): string {
  const value = parent[key]
  if (typeof value !== 'string') throw new Foreign(`has no ${key}`)
  return value
}

/** The list of texts at a key, empty where there is none; throws {@link Foreign}. */
export function textsOf(parent: PlainObject, key: string): string[] {
  const list = parent[key] ?? []
  if (!Array.isArray(list)) throw new Foreign(`has ${key} that is no list`)
  return (list as unknown[]).map((word) => {
    if (typeof word !== 'string') throw new Foreign(`has ${key} that is not text: ${shown(word)}`)
    return word
  })
}

/** A value as JSON writes it, for messages. */
export function shown(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value))
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
