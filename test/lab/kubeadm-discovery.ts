import { get } from 'node:https'
import { parse } from 'yaml'
import { CLUSTER_INFO_PATH, caCertHash, signature } from './cluster-info.ts'
import { KubeadmError } from './kubeadm-arguments.ts'

/** What a new node knows of its cluster, and how it makes sure. */
export interface Discovery {
  /** `10.103.97.2:6443`, or with a name. */
  readonly endpoint: string
  readonly token: string
  /** Hashes of the keys of authorities; none: `unsafe` has to be set. */
  readonly hashes: readonly string[]
  readonly unsafe: boolean
}

/** The cluster as it presents itself. */
export interface Cluster {
  readonly ca: string
  /** `https://apiserver.cluster.local:6443`. */
  readonly server: string
}

const LIMIT_MS = 20_000

/** Token-based discovery (cmd/kubeadm/app/discovery/token): first without trust, then with the pinned authority. */
export async function discover({ endpoint, token, hashes, unsafe }: Discovery): Promise<Cluster> {
  const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? []
  if (id === undefined || secret === undefined)
    throw new KubeadmError(`the bootstrap token "${token}" is invalid`)
  if (hashes.length === 0 && !unsafe)
    throw new KubeadmError('using token-based discovery without caCertHashes can be unsafe')
  const url = `https://${endpoint}${CLUSTER_INFO_PATH}`
  const cluster = readInfo(await fetchText(url, undefined), id, secret)
  if (hashes.length > 0 && !hashes.includes(caCertHash(cluster.ca)))
    throw new KubeadmError(`none of the public keys "${caCertHash(cluster.ca)}" are pinned`)
  readInfo(await fetchText(url, cluster.ca), id, secret)
  return cluster
}

/** What kubelet does next: it speaks to the server that the cluster named, by its name. */
export async function bootstrap({ server, ca }: Cluster): Promise<void> {
  await fetchText(`${server}/readyz`, ca)
}

function readInfo(text: string, id: string, secret: string): Cluster {
  const { data } = JSON.parse(text) as { data: Readonly<Record<string, string>> }
  const kubeconfig = data['kubeconfig'] ?? ''
  const signed = data[`jws-kubeconfig-${id}`]
  if (signed === undefined)
    throw new KubeadmError(`could not find a JWS signature in the cluster-info ConfigMap for "${id}"`)
  if (signed !== signature(kubeconfig, id, secret))
    throw new KubeadmError(
      "failed to verify JWS signature of received cluster info object, can't trust this API Server",
    )
  const { clusters } = parse(kubeconfig) as { clusters: { cluster: Record<string, string> }[] }
  const { server = '', 'certificate-authority-data': ca = '' } = clusters[0]?.cluster ?? {}
  return { server, ca: Buffer.from(ca, 'base64').toString() }
}

/** One answer of 200; `ca` undefined: whoever answers is believed. Names are looked up in this node's /etc/hosts. */
function fetchText(url: string, ca: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new KubeadmError(`Get "${url}": ${error.message}`))
    const trust = ca === undefined ? { rejectUnauthorized: false } : { ca }
    const request = get(url, { ...trust, agent: false, timeout: LIMIT_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', fail).on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : fail(new Error(`status ${response.statusCode}`)),
      )
    })
    request.on('timeout', () => request.destroy(new Error('context deadline exceeded'))).on('error', fail)
  })
}
