import type { InstallerConfig } from '../config/config.ts'
import { atLeast } from '../config/version.ts'

const YEARS = 99
const DAYS = YEARS * 365

/** 99 years as Go writes durations: how long authorities and certificates are valid where kubeadm can be told (1.31). */
export const CERTIFICATE_VALIDITY: string = `${DAYS * 24}h`

/** Where kubeadm looks for authorities before it makes its own. */
export const PKI_DIRECTORY = '/etc/kubernetes/pki'

/** The authorities of a cluster: the file without its ending, and the name. */
const AUTHORITIES = [
  ['ca', 'kubernetes'],
  ['etcd/ca', 'etcd-ca'],
  ['front-proxy-ca', 'front-proxy-ca'],
] as const

/**
 * Makes one authority, key and certificate ($1.key, $1.crt) for the name $2, like kubeadm's own but for its age.
 *
 * One that is there stays: a cluster must never get another authority. Half of one stays too, and is an error. The
 * section of openssl is written out, because the one in /etc/ssl differs between distributions.
 */
const SCRIPT = `
umask 022
mkdir -p "\${1%/*}"
if [ -e "$1.crt" ] && [ -e "$1.key" ]; then exit 0; fi
if [ -e "$1.crt" ] || [ -e "$1.key" ]; then
  echo "$1.crt and $1.key belong together, and only one of them is there" >&2
  exit 1
fi
umask 077
openssl req -x509 -new -newkey rsa:2048 -nodes -sha256 -days ${DAYS} -subj "/CN=$2" \\
  -config /dev/stdin -extensions v3 -keyout "$1.key.new" -out "$1.crt.new" <<END
[req]
distinguished_name = name
[name]
[v3]
basicConstraints = critical, CA:TRUE
keyUsage = critical, digitalSignature, keyEncipherment, keyCertSign
subjectKeyIdentifier = hash
subjectAltName = DNS:$2
END
chmod 644 "$1.crt.new"
mv "$1.key.new" "$1.key"
mv "$1.crt.new" "$1.crt"
`.trimStart()

/**
 * Commands that make the authorities of a cluster for 99 years, to be run on the first control plane before `kubeadm init`.
 *
 * Empty for other nodes, and from 1.31 on, where the configuration of kubeadm says it. What those authorities sign is
 * still valid for one year below 1.31: `kubeadm certs renew` and every upgrade renew it.
 */
export function caCommands(
  { role, kubernetesVersion: version }: InstallerConfig,
  directory: string = PKI_DIRECTORY,
): string[][] {
  if (role !== 'first-control-plane' || (version !== undefined && atLeast(version, 31))) return []
  return AUTHORITIES.map(([file, name]) => ['sh', '-euc', SCRIPT, 'sh', `${directory}/${file}`, name])
}
