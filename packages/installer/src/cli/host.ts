import type { Environment } from 'lvscare'
import type { NodeHost } from '../host/host.ts'

/** A node over SSH. */
export interface SshTarget {
  readonly kind: 'ssh'
  readonly user: string
  readonly address: string
  readonly port: number
  readonly password: string | undefined
  /** Text of the private key (PEM or OpenSSH). */
  readonly privateKey: string | undefined
  readonly passphrase: string | undefined
  /** File of the host keys; `undefined`: the one of this user. */
  readonly knownHosts: string | undefined
  /** What runs the guard there. */
  readonly command: readonly string[]
}

/** This node. */
export interface LocalTarget {
  readonly kind: 'local'
  /** Folder that stands for / in the paths of files. */
  readonly root: string | undefined
}

/** Where to work. */
export type HostTarget = SshTarget | LocalTarget

/** Everything the command line touches outside itself, so that a test can hand in its own. */
export interface InstallerCliHost {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Standard error is a terminal: progress is one line that changes. */
  readonly isTerminal: boolean
  readonly environment: Environment
  readonly version: string
  /** Reads a file of this machine; rejects with what the system says. */
  readonly readFile: (path: string) => Promise<string>
  readonly openHost: (target: HostTarget) => Promise<NodeHost>
  /** Stops what runs: everything that was done is taken back. */
  readonly signal: AbortSignal
}

/** Exit codes of the command; public API, documented in docs/installer.md. */
export const InstallerExitCode = { OK: 0, FAILED: 1, REFUSED: 2, DIFFERS: 3, CHANGED: 4 } as const

/** One of {@link InstallerExitCode}. */
export type ExitStatus = (typeof InstallerExitCode)[keyof typeof InstallerExitCode]

/** From harmless to bad: of several nodes the worst counts. */
const ORDER: readonly ExitStatus[] = [
  InstallerExitCode.OK,
  InstallerExitCode.DIFFERS,
  InstallerExitCode.REFUSED,
  InstallerExitCode.FAILED,
  InstallerExitCode.CHANGED,
]

/** The worst of some codes; `OK` of none. */
export function worst(codes: readonly ExitStatus[]): ExitStatus {
  return ORDER.findLast((code) => codes.includes(code)) ?? InstallerExitCode.OK
}
