import { readFileSync } from 'node:fs'

declare const __VERSION__: string | undefined

/** Version of this program: put in by the bundler, else that of the package it lies in. */
export const VERSION: string = typeof __VERSION__ === 'string' ? __VERSION__ : packageVersion()

/** What the command `version` of a program prints: one line of JSON, or only the version. */
export function versionText(version: string, isShort: boolean): string {
  const all = { version, node: process.version, platform: `${process.platform}/${process.arch}` }
  return isShort ? `${version}\n` : `${JSON.stringify(all)}\n`
}

/** Whoever bundles this library and leaves its package behind has no version, and that is no reason to fail. */
function packageVersion(): string {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown }
    return name === 'lvscare' && typeof version === 'string' ? version : '0.0.0-source'
  } catch {
    return '0.0.0-source'
  }
}
