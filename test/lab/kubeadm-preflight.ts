import { existsSync, readdirSync } from 'node:fs'
import { KubeadmError } from './kubeadm-arguments.ts'

const MANIFESTS = '/etc/kubernetes/manifests'

/** What a control plane has there. */
export const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']

/** The rules for files (cmd/kubeadm/app/preflight/checks.go); DirAvailable is gone from `join` since 1.23 (PR 104942). */
export function preflight(
  command: 'init' | 'join',
  minor: number,
  isControlPlane: boolean,
  ignored: readonly string[],
): void {
  const kubeconfigs = command === 'join' ? ['kubelet.conf', 'bootstrap-kubelet.conf'] : []
  const files = kubeconfigs.map((name) => `/etc/kubernetes/${name}`)
  if (command === 'join' && !isControlPlane) files.push('/etc/kubernetes/pki/ca.crt')
  if (isControlPlane) files.push(...COMPONENTS.map((name) => `${MANIFESTS}/${name}.yaml`))
  const problems = files.filter((file) => existsSync(file)).map(fileProblem)
  if (command === 'join' && minor < 23 && holdsSomething(MANIFESTS)) problems.push(folderProblem(MANIFESTS))
  report(
    problems,
    ignored.map((name) => name.toLowerCase()),
  )
}

interface PreflightProblem {
  readonly name: string
  readonly message: string
}

function fileProblem(file: string): PreflightProblem {
  return { name: `FileAvailable-${file.replaceAll('/', '-')}`, message: `${file} already exists` }
}

function folderProblem(folder: string): PreflightProblem {
  return { name: `DirAvailable-${folder.replaceAll('/', '-')}`, message: `${folder} is not empty` }
}

function holdsSomething(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0
}

function report(problems: readonly PreflightProblem[], ignored: readonly string[]): void {
  const isIgnored = ({ name }: PreflightProblem): boolean =>
    ignored.includes('all') || ignored.includes(name.toLowerCase())
  const lines = (kind: string, list: readonly PreflightProblem[]): string[] =>
    list.map(({ name, message }) => `\t[${kind} ${name}]: ${message}`)
  for (const line of lines('WARNING', problems.filter(isIgnored))) console.error(line)
  const fatal = problems.filter((problem) => !isIgnored(problem))
  if (fatal.length === 0) return
  const head = 'error execution phase preflight: [preflight] Some fatal errors occurred:'
  throw new KubeadmError([head, ...lines('ERROR', fatal)].join('\n'), 2)
}
