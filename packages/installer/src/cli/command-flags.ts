import type { Flag } from 'lvscare'

// The flags of commands that are no part of a configuration.

/** Which node, and how to get there. */
export const HOST_FLAGS: readonly Flag[] = [
  {
    name: 'host',
    type: 'list',
    describe:
      'work on that node over SSH instead of this one, USER@ADDRESS:PORT, root and 22 unless given; ' +
      'repeat it for each one',
  },
  { name: 'identity', type: 'text', describe: 'file of the private key for SSH' },
  { name: 'password-env', type: 'text', describe: 'variable with the password for SSH' },
  { name: 'passphrase-env', type: 'text', describe: 'variable with the passphrase of the private key' },
  {
    name: 'known-hosts',
    type: 'text',
    describe: "file of the host keys; this user's and this machine's unless given",
  },
  {
    name: 'parallel',
    type: 'text',
    default: '10',
    describe: 'how many nodes are worked on at a time, at most',
  },
  {
    name: 'root',
    type: 'text',
    describe: 'folder that stands for / in the paths of files; this node only',
  },
]

/** For programs. */
export const JSON_FLAG: Flag = {
  name: 'json',
  type: 'switch',
  default: false,
  describe: 'print one document of JSON; events are lines of JSON on standard error',
}
/** Passes over what may be passed over. */
export const FORCE: Flag = {
  name: 'force',
  type: 'switch',
  default: false,
  describe: 'replace files of somebody else, and pass over the errors that allow it',
}
/** For commands that change nodes. */
export const DRY_RUN: Flag = {
  name: 'dry-run',
  type: 'switch',
  default: false,
  describe: 'show what would be changed, and change nothing',
}
/** For commands that know what /etc/hosts must say. */
export const PHASE: Flag = {
  name: 'phase',
  type: 'text',
  describe:
    'before or after kubeadm join, which /etc/hosts of a control plane depends on; ' +
    'unless given what the node is known to be, else before',
}
/** For `plan`. */
export const EXIT_CODE: Flag = {
  name: 'exit-code',
  type: 'switch',
  default: false,
  describe: 'exit with 3 when something would be changed',
}
/** For commands that change several nodes. */
export const MAX_FAILURES: Flag = {
  name: 'max-failures',
  type: 'text',
  default: '0',
  describe: 'how many nodes may fail before no further one is begun',
}

/** What a join needs besides the configuration. */
export const JOIN_FLAGS: readonly Flag[] = [
  { name: 'token', type: 'text', describe: 'bootstrap token; better in a variable, with --token-env' },
  { name: 'token-env', type: 'text', describe: 'variable with the bootstrap token' },
  {
    name: 'discovery-token-ca-cert-hash',
    type: 'list',
    describe: 'hash of the key of the authority of the cluster, sha256:HEX; repeat it for each one',
  },
  {
    name: 'control-plane',
    type: 'switch',
    default: false,
    describe: 'join as a control plane; the same as --role control-plane',
  },
  { name: 'certificate-key', type: 'text', describe: 'key of the uploaded certificates of a control plane' },
  { name: 'certificate-key-env', type: 'text', describe: 'variable with that key' },
  {
    name: 'kubeadm',
    type: 'text',
    default: 'kubeadm',
    describe: 'what runs kubeadm on the node, with blanks between its words',
  },
]

/** The list of apiservers where it is all that is said. */
export const MASTER: Flag = {
  name: 'master',
  type: 'list',
  describe: 'apiserver, IP or IP:PORT; all of them, repeat it for each one',
}
