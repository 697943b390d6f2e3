import type { Flag } from 'lvscare'
import { PROFILES, ROLES } from '../config/config.ts'
import { GUARD_FLAGS } from '../config/guard-flags.ts'
import { DEFAULTS } from '../config/parse.ts'

/** A flag that says one thing of a configuration. */
export interface ConfigFlag extends Flag {
  /** Where it goes in the plain data that parseConfig reads. */
  readonly key: string
}

/** What runs the guard; commands without a configuration take it too, for work over SSH. */
export const COMMAND_FLAG: ConfigFlag = {
  name: 'command',
  key: 'command',
  type: 'text',
  default: DEFAULTS.command.join(' '),
  describe: 'what runs the guard on the node, with blanks between its words: for the boot unit and over SSH',
}

/** The flags of a configuration besides those of the guard. */
export const CONFIG_FLAGS: readonly ConfigFlag[] = [
  {
    name: 'vip',
    key: 'vip',
    type: 'text',
    default: DEFAULTS.vip,
    describe: 'virtual IP that stands for all apiservers',
  },
  {
    name: 'port',
    key: 'port',
    type: 'text',
    default: String(DEFAULTS.port),
    describe: 'port of the apiservers and of the virtual IP',
  },
  {
    name: 'master',
    key: 'servers',
    type: 'list',
    describe: 'apiserver, IP or IP:PORT, the first control plane first; repeat it for each one',
  },
  { name: 'role', key: 'role', type: 'text', default: 'worker', describe: `one of ${ROLES.join(', ')}` },
  { name: 'node-ip', key: 'nodeAddress', type: 'text', describe: "the node's own address" },
  {
    name: 'endpoint-name',
    key: 'endpointName',
    type: 'text',
    default: DEFAULTS.endpointName,
    describe: 'name that stands for the control plane in /etc/hosts and in certificates',
  },
  {
    name: 'pod-name',
    key: 'podName',
    type: 'text',
    default: DEFAULTS.podName,
    describe: 'name of the static pod and of its manifest',
  },
  { name: 'image', key: 'image', type: 'text', describe: 'image of the guard' },
  {
    name: 'image-archive',
    key: 'imageArchive',
    type: 'text',
    describe: 'file on the node with that image, imported into containerd where the image is missing',
  },
  {
    name: 'profile',
    key: 'profile',
    type: 'text',
    default: 'hardened',
    describe: `how the static pod is built, one of ${PROFILES.join(', ')}`,
  },
  {
    name: 'kubernetes-version',
    key: 'kubernetesVersion',
    type: 'text',
    describe: 'release of Kubernetes, such as v1.31.4',
  },
  {
    name: 'pod-subnet',
    key: 'podSubnet',
    type: 'text',
    describe: 'range of the pods; two with a comma for dual stack',
  },
  {
    name: 'service-subnet',
    key: 'serviceSubnet',
    type: 'text',
    describe: 'range of the services; two with a comma for dual stack',
  },
  {
    name: 'san',
    key: 'sans',
    type: 'list',
    describe: "name or address that the apiservers' certificates must have too; repeat it for each one",
  },
  {
    name: 'guard-control-plane',
    key: 'guardControlPlane',
    type: 'switch',
    default: false,
    describe: 'give a control plane a rule and a guard too',
  },
  {
    name: 'boot-unit',
    key: 'bootUnit',
    type: 'switch',
    default: false,
    describe: 'a unit of systemd sets the rule at boot, before kubelet starts',
  },
  COMMAND_FLAG,
  {
    name: 'ca',
    key: 'ca',
    type: 'text',
    describe: 'file here with the authorities of the cluster (PEM), to check the chain of the apiservers',
  },
]

/** The whole configuration in a file; what is given by flags wins. */
export const CONFIG_FILE: Flag = {
  name: 'config',
  type: 'text',
  describe: 'file here with the configuration (YAML or JSON); flags win over it',
}

/** Everything a configuration is made of. */
export const ALL_CONFIG_FLAGS: readonly Flag[] = [CONFIG_FILE, ...CONFIG_FLAGS, ...GUARD_FLAGS]
