import { STATES } from '../health/server-health.ts'
import type {
  CertificateReport,
  GuardReport,
  PieceReport,
  ProbeReport,
  ServerReport,
  StatusReport,
  WhyReport,
} from './shape.ts'

/** Reads one value at a place in the document; throws TypeError that names the place and what belongs there. */
type Read<T> = (value: unknown, place: string) => T

/** Reads what a guard has told: it may be older or younger than this program, or no guard at all. Throws TypeError. */
export function parseReport(document: unknown): StatusReport {
  return report(document, 'report')
}

const text: Read<string> = (value, place) => {
  if (typeof value !== 'string') throw new TypeError(`${place} is no text`)
  return value
}

const number: Read<number> = (value, place) => {
  if (typeof value !== 'number') throw new TypeError(`${place} is no number`)
  return value
}

const flag: Read<boolean> = (value, place) => {
  if (typeof value !== 'boolean') throw new TypeError(`${place} is neither true nor false`)
  return value
}

function word<T extends string>(...words: readonly T[]): Read<T> {
  return (value, place) => {
    const found = words.find((one) => one === value)
    if (found === undefined) throw new TypeError(`${place} is none of ${words.join(', ')}`)
    return found
  }
}

function orNull<T>(read: Read<T>): Read<T | null> {
  return (value, place) => (value === null ? null : read(value, place))
}

function list<T>(read: Read<T>): Read<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw new TypeError(`${place} is no list`)
    return value.map((one, at) => read(one, `${place}[${at}]`))
  }
}

function anObject(value: unknown, place: string): object {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${place} is no object`)
  return value
}

function record<T>(read: Read<T>): Read<Record<string, T>> {
  return (value, place) => {
    const entries = Object.entries(anObject(value, place))
    return Object.fromEntries(entries.map(([key, one]) => [key, read(one, `${place}.${key}`)]))
  }
}

/** Takes the fields it knows; what a younger guard tells besides is left out. */
function object<T extends object>(fields: { readonly [K in keyof T]-?: Read<T[K]> }): Read<T> {
  const entries = Object.entries<Read<unknown>>(fields)
  return (value, place) => {
    const given = new Map(Object.entries(anObject(value, place)))
    return Object.fromEntries(
      entries.map(([key, read]) => [key, read(given.get(key), `${place}.${key}`)]),
    ) as T
  }
}

const why = {
  outcome: text,
  reason: text,
  status: orNull(number),
  detail: orNull(text),
}

const probe = object<ProbeReport>({ ...why, time: text, ageSeconds: number, ms: number })

const certificate = object<CertificateReport>({
  expires: text,
  daysLeft: number,
  subject: text,
  issuer: text,
  names: list(text),
})

const server = object<ServerReport>({
  server: text,
  configured: orNull(flag),
  state: orNull(word(...STATES)),
  why: orNull(object<WhyReport>(why)),
  since: orNull(text),
  sinceSeconds: orNull(number),
  failingSince: orNull(text),
  failingSeconds: orNull(number),
  wantedWeight: orNull(number),
  weight: orNull(number),
  activeConnections: orNull(number),
  inactiveConnections: orNull(number),
  connectionsTotal: orNull(number),
  incomingPacketsTotal: orNull(number),
  outgoingPacketsTotal: orNull(number),
  incomingBytesTotal: orNull(number),
  outgoingBytesTotal: orNull(number),
  lastProbe: orNull(probe),
  certificate: orNull(certificate),
})

const guard = object<GuardReport>({
  version: text,
  pid: number,
  flags: record(list(text)),
  started: text,
  uptimeSeconds: number,
  active: flag,
  alive: flag,
  ready: flag,
})

const report = object<StatusReport>({
  source: word('guard', 'kernel'),
  time: text,
  virtual: text,
  scheduler: orNull(text),
  mode: orNull(text),
  guard: orNull(guard),
  guardError: orNull(text),
  kernelError: orNull(text),
  allDown: orNull(flag),
  path: list(object<PieceReport>({ piece: text, ok: flag, error: orNull(text), repairs: number })),
  servers: list(server),
})
