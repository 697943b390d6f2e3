// Plays kubelet, as far as static pods go, as a process of its own on a node: what it does goes out over the IPC channel.
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { wantedPods } from './kubelet-manifests.ts'
import { type PodEvent, StaticPod } from './kubelet-pod.ts'

/** One thing that kubelet did: to a pod, or to a file that it cannot use. */
export interface KubeletNews {
  readonly event: PodEvent | 'rejected'
  /** `kube-system/name`, or the file. */
  readonly subject: string
  readonly uid: string
  readonly detail: string
}

/** What `kubeadm join` writes: without it kubelet ends at once, and systemd tries again and again. */
const CONFIG = '/var/lib/kubelet/config.yaml'

/** The real one is told by inotify; and it looks at everything every 20 s. */
const LOOK_MS = 100

const running = new Map<string, StaticPod>()
const rejected = new Map<string, string>()
const stop = new AbortController()

function tell(news: KubeletNews): void {
  process.send?.(news)
}

function reject(file: string, why: string): void {
  if (rejected.get(file) === why) return
  rejected.set(file, why)
  tell({ event: 'rejected', subject: file, uid: '', detail: why })
}

function manifestsFolder(): string | undefined {
  if (!existsSync(CONFIG)) return undefined
  return (parse(readFileSync(CONFIG, 'utf8')) as { staticPodPath?: string } | null)?.staticPodPath
}

/** What is not wanted any more, or wanted otherwise, goes before what is new comes. */
async function sync(): Promise<void> {
  const folder = manifestsFolder()
  const wanted = new Map(folder === undefined ? [] : wantedPods(folder, reject).map((pod) => [pod.name, pod]))
  const gone = [...running].filter(([name, pod]) => wanted.get(name)?.uid !== pod.wanted.uid)
  await Promise.all(gone.map(([, pod]) => pod.stop()))
  for (const [name] of gone) running.delete(name)
  for (const [name, pod] of wanted) {
    if (running.has(name)) continue
    const report = (event: PodEvent, detail: string): void =>
      tell({ event, subject: name, uid: pod.uid, detail })
    running.set(name, new StaticPod(pod, report))
  }
}

async function main(): Promise<void> {
  while (!stop.signal.aborted) {
    await sync()
    await delay(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined)
  }
  await Promise.all([...running.values()].map((pod) => pod.stop()))
}

process.on('SIGTERM', () => stop.abort())
// Whoever started it is gone.
process.on('disconnect', () => stop.abort())
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
