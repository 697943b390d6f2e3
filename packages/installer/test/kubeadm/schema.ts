// The fields of kubeadm's own types that we may ever write, by hand, from the types of each version. kubeadm refuses
// fields that it does not know, so a field in the wrong version is a node that does not come up.

type Fields = {
  readonly [name: string]: Fields | 'text' | 'number' | 'flag' | 'texts' | 'arguments' | 'flags'
}
type Kinds = Readonly<Record<string, Fields>>

const ENDPOINT = { advertiseAddress: 'text', bindPort: 'number' } as const
const TOKEN = { token: 'text', apiServerEndpoint: 'text', caCertHashes: 'texts' } as const
const CLUSTER = {
  kubernetesVersion: 'text',
  controlPlaneEndpoint: 'text',
  networking: { podSubnet: 'text', serviceSubnet: 'text', dnsDomain: 'text' },
  featureGates: 'flags',
} as const

const V1BETA1: Kinds = {
  InitConfiguration: {
    nodeRegistration: { name: 'text', criSocket: 'text', kubeletExtraArgs: 'texts' },
    localAPIEndpoint: ENDPOINT,
  },
  ClusterConfiguration: { ...CLUSTER, apiServer: { certSANs: 'texts', timeoutForControlPlane: 'text' } },
  JoinConfiguration: {
    nodeRegistration: { name: 'text', criSocket: 'text', kubeletExtraArgs: 'texts' },
    discovery: { bootstrapToken: TOKEN, tlsBootstrapToken: 'text', timeout: 'text' },
    controlPlane: { localAPIEndpoint: ENDPOINT },
  },
}

/** Since v1beta2: the key of the uploaded certificates, and checks that are ignored. */
const REGISTRATION = {
  name: 'text',
  criSocket: 'text',
  kubeletExtraArgs: 'texts',
  ignorePreflightErrors: 'texts',
} as const
const V1BETA2: Kinds = {
  InitConfiguration: { nodeRegistration: REGISTRATION, localAPIEndpoint: ENDPOINT, certificateKey: 'text' },
  ClusterConfiguration: { ...V1BETA1['ClusterConfiguration'] },
  JoinConfiguration: {
    nodeRegistration: REGISTRATION,
    discovery: { bootstrapToken: TOKEN, tlsBootstrapToken: 'text', timeout: 'text' },
    controlPlane: { localAPIEndpoint: ENDPOINT, certificateKey: 'text' },
  },
}

/** v1beta4: lists of arguments, limits of time in one place, validity of certificates. */
const LISTED = { ...REGISTRATION, kubeletExtraArgs: 'arguments' } as const
const TIMEOUTS = {
  controlPlaneComponentHealthCheck: 'text',
  discovery: 'text',
  tlsBootstrap: 'text',
} as const
const V1BETA4: Kinds = {
  InitConfiguration: {
    nodeRegistration: LISTED,
    localAPIEndpoint: ENDPOINT,
    certificateKey: 'text',
    timeouts: TIMEOUTS,
  },
  ClusterConfiguration: {
    ...CLUSTER,
    apiServer: { certSANs: 'texts' },
    certificateValidityPeriod: 'text',
    caCertificateValidityPeriod: 'text',
  },
  JoinConfiguration: {
    nodeRegistration: LISTED,
    discovery: { bootstrapToken: TOKEN, tlsBootstrapToken: 'text' },
    controlPlane: { localAPIEndpoint: ENDPOINT, certificateKey: 'text' },
    timeouts: TIMEOUTS,
  },
}

const PROXY: Kinds = { KubeProxyConfiguration: { mode: 'text', ipvs: { excludeCIDRs: 'texts' } } }

const SCHEMAS: Readonly<Record<string, Kinds>> = {
  'kubeadm.k8s.io/v1beta1': V1BETA1,
  'kubeadm.k8s.io/v1beta2': V1BETA2,
  'kubeadm.k8s.io/v1beta3': V1BETA2,
  'kubeadm.k8s.io/v1beta4': V1BETA4,
  'kubeproxy.config.k8s.io/v1alpha1': PROXY,
}

/** Everything in a document that its version does not know, or knows as something else. */
export function strayFields(document: unknown): string[] {
  const { apiVersion, kind, ...rest } = document as Record<string, unknown>
  const fields = SCHEMAS[String(apiVersion)]?.[String(kind)]
  return fields === undefined ? [`${apiVersion} ${kind}`] : stray(rest, fields, '')
}

function stray(value: object, fields: Fields, path: string): string[] {
  return Object.entries(value).flatMap(([name, item]) => {
    const field = fields[name]
    const at = `${path}.${name}`
    if (field === undefined) return [at]
    if (typeof field === 'object') return isObject(item) ? stray(item, field, at) : [at]
    return CHECKS[field](item) ? [] : [at]
  })
}

const CHECKS = {
  text: (item: unknown) => typeof item === 'string',
  number: (item: unknown) => Number.isInteger(item),
  flag: (item: unknown) => typeof item === 'boolean',
  // A map of texts counts: arguments of a component were one until v1beta3.
  texts: (item: unknown) => isObject(item) && Object.values(item).every((text) => typeof text === 'string'),
  flags: (item: unknown) => isObject(item) && Object.values(item).every((flag) => typeof flag === 'boolean'),
  arguments: (item: unknown) =>
    Array.isArray(item) && item.every((one) => Object.keys(one).join() === 'name,value'),
} as const

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
