import { readdirSync, readFileSync } from 'node:fs'
import { decodeGenl, readMessages } from '@lvscare/netlink'
import { type Golden, parseGolden } from './golden-file.ts'

const FOLDER = new URL('./golden/', import.meta.url)

/** The names of all captures, without `.hex`. */
export function goldenNames(): string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.hex$/, ''))
}

/** One capture. */
export function golden(name: string): Golden {
  return parseGolden(readFileSync(new URL(`${name}.hex`, FOLDER), 'utf8'))
}

/** The attributes of the first message of the family that went in that direction. */
export function goldenAttributes(name: string, direction: 'request' | 'answer'): Uint8Array {
  for (const exchange of golden(name).exchanges) {
    if (exchange.direction !== direction) continue
    for (const { type, payload } of readMessages(exchange.bytes)) {
      if (type > 16) return decodeGenl(payload).attributes
    }
  }
  throw new Error(`${name}.hex has no ${direction}`)
}
