import type { Container, Pod, Volume } from 'kubernetes-types/core/v1.js'
import { LVSCARE } from './programs.ts'

/** What the node has, and an image has not: a container sees of it what its volumes bring. */
const HIDDEN = ['/etc/kubernetes', '/lib/modules', '/var/lib']

/**
 * Hides the node's files, puts the volumes (pairs of places on the node and in the container, up to `--`) where they
 * belong, and makes what is left read-only where the container wants that. Then it becomes the command.
 */
const SETUP = `
  set -e
  mkdir -p /run/sandbox
  mount -t tmpfs sandbox /run/sandbox
  count=0
  targets=
  while [ "$1" != -- ]; do
    count=$((count + 1))
    if [ -d "$1" ]; then mkdir "/run/sandbox/$count"; else : >"/run/sandbox/$count"; fi
    mount --bind "$1" "/run/sandbox/$count"
    targets="$targets $2"
    shift 2
  done
  shift
  for folder in ${HIDDEN.join(' ')}; do
    if [ -d "$folder" ]; then mount -t tmpfs sandbox "$folder"; fi
  done
  count=0
  for target in $targets; do
    count=$((count + 1))
    if [ -d "/run/sandbox/$count" ]; then mkdir -p "$target"; else mkdir -p "\${target%/*}"; : >>"$target"; fi
    mount --bind "/run/sandbox/$count" "$target"
  done
  if [ "$READ_ONLY" = true ]; then
    for point in / /etc /usr/local /run /tmp ${HIDDEN.join(' ')}; do
      if mountpoint -q "$point"; then mount -o remount,bind,ro "$point"; fi
    done
  fi
  unset READ_ONLY
  exec "$@"`

/** The program and its arguments that run the first container of a pod, and its environment. */
export interface Sandbox {
  readonly argv: readonly [string, ...string[]]
  readonly env: NodeJS.ProcessEnv
}

/** The guard's own program for its image's, any other image's program just waits to be stopped. */
export function sandbox({ spec }: Pod): Sandbox {
  const container = spec?.containers[0]
  if (container === undefined) throw new Error('a pod without a container')
  const [program, ...rest] = [...(container.command ?? []), ...(container.args ?? [])]
  const command =
    program === '/usr/bin/lvscare' ? [process.execPath, LVSCARE, ...rest] : ['sleep', 'infinity']
  const places = volumePlaces(container, spec?.volumes ?? [])
  const entered = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', SETUP, 'sh']
  const [first = 'unshare', ...more] = [...entered, ...places, '--', ...privileges(container), ...command]
  return { argv: [first, ...more], env: environment(container) }
}

function environment({ env = [], securityContext }: Container): NodeJS.ProcessEnv {
  const given = Object.fromEntries(env.map(({ name, value = '' }) => [name, value]))
  const readOnly = String(securityContext?.readOnlyRootFilesystem ?? false)
  return { PATH: process.env['PATH'], HOSTNAME: 'node', READ_ONLY: readOnly, ...given }
}

function volumePlaces({ volumeMounts = [] }: Container, volumes: readonly Volume[]): string[] {
  return volumeMounts.flatMap(({ name, mountPath }) => {
    const path = volumes.find((volume) => volume.name === name)?.hostPath?.path
    if (path === undefined) throw new Error(`no volume of the node is called ${name}`)
    return [path, mountPath]
  })
}

/** What a runtime leaves a container by default (containerd). */
const DEFAULT = [
  ...['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ...['net_bind_service', 'net_raw', 'sys_chroot', 'mknod', 'audit_write', 'setfcap'],
]

function privileges({ securityContext = {} }: Container): string[] {
  const { privileged = false, allowPrivilegeEscalation, capabilities = {} } = securityContext
  if (privileged) return []
  const { add = [], drop = [] } = capabilities
  const left = [...(drop.includes('ALL') ? [] : DEFAULT), ...add.map((name) => name.toLowerCase())]
  const set = ['-all', ...left.map((name) => `+${name}`)].join(',')
  const escalation = allowPrivilegeEscalation === false ? ['--no-new-privs'] : []
  return ['setpriv', `--bounding-set=${set}`, '--inh-caps=-all', ...escalation]
}
