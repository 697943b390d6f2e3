import type { InstallerConfig } from '../config/config.ts'
import { ruleCommand } from './once.ts'
import { WRITTEN_BY } from './paths.ts'

/**
 * The unit of systemd that sets the rule at boot, before kubelet needs it.
 *
 * Only ordered, never required: a kubelet whose rule could not be set runs all the same, and so does the guard, which
 * mends it. For the same reason it has a limit of time. It is tried again, because a network that is online may still
 * lack the route to the servers, but not after exit code 2: a command line does not get better. What the process may do
 * is narrowed as far as the rule allows: settings under /proc/sys stay writable, and memory executable, which the
 * compiler of Node.js needs.
 */
export function unitText(config: InstallerConfig): string {
  return `${WRITTEN_BY}; changes are overwritten.
[Unit]
Description=Rule of the virtual apiserver ${config.virtual.text}
Wants=network-online.target
After=network-online.target systemd-modules-load.service systemd-sysctl.service
Before=kubelet.service
StartLimitIntervalSec=120
StartLimitBurst=10

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${ruleCommand(config).map(unitWord).join(' ')}
TimeoutStartSec=30
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2
CapabilityBoundingSet=CAP_NET_ADMIN
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
RestrictAddressFamilies=AF_NETLINK AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=multi-user.target
`
}

/** A word of a command line of systemd (systemd.service(5), "Command lines"), which is no shell's. */
export function unitWord(word: string): string {
  // %x is a specifier also within quotes, and $X a variable.
  const literal = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  if (/^[\w./:=,[\]%$-]+$/.test(literal)) return literal
  const escaped = [...literal.replace(/["\\]/g, '\\$&')].map((letter) =>
    letter < ' ' ? octet(letter) : letter,
  )
  return `"${escaped.join('')}"`
}

function octet(letter: string): string {
  return `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`
}
