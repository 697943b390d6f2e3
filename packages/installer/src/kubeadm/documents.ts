import { Document, type Node, parse, Scalar, visit } from 'yaml'
import type { KubeadmApiVersion } from './api-version.ts'

/** Arguments of a component: a list since v1beta4, a map before. */
export type ExtraArgs =
  | Readonly<Record<string, string>>
  | readonly { readonly name: string; readonly value: string }[]

/** How a node registers itself. `ignorePreflightErrors` since v1beta2. */
export interface NodeRegistration {
  readonly criSocket?: string
  readonly kubeletExtraArgs?: ExtraArgs
  readonly ignorePreflightErrors?: readonly string[]
}

/** Where the apiserver of a node listens. */
export interface ApiEndpoint {
  readonly advertiseAddress: string
  readonly bindPort: number
}

/** Limits of time, as Go writes durations: `300s`. v1beta4 only. */
export interface Timeouts {
  readonly controlPlaneComponentHealthCheck?: string
  readonly discovery?: string
}

/** What both kinds of documents begin with. */
interface KubeadmDocument<Kind extends string> {
  readonly apiVersion: `kubeadm.k8s.io/${KubeadmApiVersion}`
  readonly kind: Kind
}

/** What `kubeadm init` does on the first control plane. */
export interface InitConfiguration extends KubeadmDocument<'InitConfiguration'> {
  readonly nodeRegistration?: NodeRegistration
  readonly localAPIEndpoint?: ApiEndpoint
  readonly timeouts?: Timeouts
}

/** What the cluster is. The validity periods since v1beta4; `timeoutForControlPlane` until v1beta3. */
export interface ClusterConfiguration extends KubeadmDocument<'ClusterConfiguration'> {
  readonly kubernetesVersion: string
  readonly controlPlaneEndpoint: string
  readonly networking: { readonly podSubnet: string; readonly serviceSubnet: string }
  readonly apiServer: { readonly certSANs: readonly string[]; readonly timeoutForControlPlane?: string }
  readonly certificateValidityPeriod?: string
  readonly caCertificateValidityPeriod?: string
  readonly featureGates?: Readonly<Record<string, boolean>>
}

/** What `kubeadm join` does. `discovery.timeout` until v1beta3, `certificateKey` since v1beta2. */
export interface JoinConfiguration extends KubeadmDocument<'JoinConfiguration'> {
  readonly nodeRegistration?: NodeRegistration
  readonly discovery: {
    readonly bootstrapToken: {
      readonly token: string
      readonly apiServerEndpoint: string
      readonly caCertHashes: readonly string[]
    }
    readonly timeout?: string
  }
  readonly controlPlane?: { readonly localAPIEndpoint?: ApiEndpoint; readonly certificateKey?: string }
  readonly timeouts?: Timeouts
}

/** How every kube-proxy of the cluster works; the same version for every release. */
export interface KubeProxyConfiguration {
  readonly apiVersion: 'kubeproxy.config.k8s.io/v1alpha1'
  readonly kind: 'KubeProxyConfiguration'
  readonly mode: string
  readonly ipvs: { readonly excludeCIDRs: readonly string[] }
}

/** The documents of a configuration of kubeadm; `kubeadm init` reads the first three, `kubeadm join` the last. */
export interface KubeadmDocuments {
  readonly init?: InitConfiguration
  readonly cluster?: ClusterConfiguration
  readonly kubeProxy?: KubeProxyConfiguration
  readonly join?: JoinConfiguration
}

/** One of the documents, whichever. */
export type AnyDocument =
  | InitConfiguration
  | ClusterConfiguration
  | KubeProxyConfiguration
  | JoinConfiguration

/** The documents that are there, in the order of the file. */
export function documentList({ init, cluster, kubeProxy, join }: KubeadmDocuments): AnyDocument[] {
  return [init, cluster, kubeProxy, join].filter((document) => document !== undefined)
}

/** The documents that are there as one YAML text with stable bytes, `---` between them. */
export function kubeadmYaml(documents: KubeadmDocuments): string {
  return documentList(documents).map(documentYaml).join('---\n')
}

/** One document as YAML, with a newline at the end. */
function documentYaml(value: AnyDocument): string {
  const document = new Document(value)
  quoteUnsafe(document.contents)
  return document.toString({ lineWidth: 0, indentSeq: false })
}

/** Quotes every text in a tree that some reader of YAML, 1.1 or 1.2, would take for something else. */
export function quoteUnsafe(node: Node | null): void {
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && !isPlain(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE
    },
  })
}

/** A token such as 123456.0123456789012345 is a number without quotes, and kubeadm would read another one. */
function isPlain(text: string): boolean {
  try {
    return (['1.1', '1.2'] as const).every((version) => parse(text, { version, logLevel: 'silent' }) === text)
  } catch {
    return false // not a scalar of its own at all, such as *.example.com
  }
}
