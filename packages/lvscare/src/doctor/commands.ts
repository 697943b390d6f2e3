import type { RuleConfig } from '../config.ts'
import type { Endpoint } from '../endpoint.ts'

/** `lvscare care` with the flags that describe the rule, as the doctor was given them. */
export function careCommand(config: RuleConfig): string {
  const { virtual, servers, scheduler, mode, iface, nodeAddress, masquerade } = config
  return [
    `lvscare care --vs ${virtual.text}`,
    ...servers.map(({ text }) => `--rs ${text}`),
    ...(scheduler === 'rr' ? [] : [`--scheduler ${scheduler}`]),
    ...(mode === 'local' ? [] : [`--mode ${mode}`]),
    ...(mode === 'link' && iface !== 'lvscare' ? [`--iface ${iface}`] : []),
    ...(nodeAddress === undefined ? [] : [`--ip ${nodeAddress}`]),
    ...(masquerade && mode !== 'link' ? ['--masquerade'] : []),
  ].join(' ')
}

/** `ip`, for the family of an endpoint. */
export function ipFor({ family }: Endpoint): string {
  return family === 'inet' ? 'ip' : 'ip -6'
}

/**
 * A word of a shell command; what the kernel calls something may contain anything. Whatever the shell is: zsh takes `=ls` for
 * a program's path, and older releases of fish `%1` for a process.
 */
export function shellWord(text: string): string {
  return /^[\w@+:,./-][\w@+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
