import { createHash, createHmac, X509Certificate } from 'node:crypto'
import { stringify } from 'yaml'

/** Where `kubeadm join` finds it, without credentials. */
export const CLUSTER_INFO_PATH = '/api/v1/namespaces/kube-public/configmaps/cluster-info'

/** A bootstrap token of the test clusters. */
export const TOKEN = 'abcdef.0123456789abcdef'

/** The ConfigMap of that name: where the cluster is and who vouches for it, signed for who knows the token. */
export function clusterInfo(server: string, ca: string, token: string = TOKEN): string {
  const [id = '', secret = ''] = token.split('.')
  const kubeconfig = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: '', cluster: { 'certificate-authority-data': Buffer.from(ca).toString('base64'), server } },
    ],
  })
  return JSON.stringify({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig, [`jws-kubeconfig-${id}`]: signature(kubeconfig, id, secret) },
  })
}

/** A JWS without its payload, as kubeadm checks it (cluster-bootstrap/token/jws). */
export function signature(payload: string, id: string, secret: string): string {
  const header = encoded(JSON.stringify({ alg: 'HS256', kid: id }))
  const mac = createHmac('sha256', secret)
    .update(`${header}.${encoded(payload)}`)
    .digest('base64url')
  return `${header}..${mac}`
}

/** What is given to `--discovery-token-ca-cert-hash`. */
export function caCertHash(ca: string): string {
  const key = new X509Certificate(ca).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url')
}
