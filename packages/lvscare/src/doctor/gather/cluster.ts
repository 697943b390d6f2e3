import { readFileSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { flagOf, processesOf } from '../checks/processes.ts'
import { APISERVER_MANIFEST } from '../checks/service-range.ts'
import { type ClusterFacts, type Process, type Seen, unseen } from '../facts.ts'
import { attempt, attemptLater } from './attempt.ts'
import { gatherProcesses } from './processes.ts'

/** Where kube-proxy tells its mode, unless its metricsBindAddress says otherwise. */
const PROXY_MODE_URL = 'http://127.0.0.1:10249/proxyMode'

/** Longest wait for an answer from this very node, in milliseconds. */
const LOCAL_MS = 2000

/** Configurations are small; what is larger is something else. */
const MAX_BYTES = 1024 * 1024

/** Where to look; a test hands in its own. */
export interface ClusterPaths {
  /** @default '/proc' */
  readonly proc?: string
  /** @default {@link APISERVER_MANIFEST} */
  readonly manifest?: string
}

/** Looks for Kubernetes on this node. */
export async function gatherCluster({
  proc = '/proc',
  manifest = APISERVER_MANIFEST,
}: ClusterPaths = {}): Promise<ClusterFacts> {
  const processes = attempt(() => gatherProcesses(proc))
  return {
    processes,
    proxyMode: await attemptLater(() => askText(PROXY_MODE_URL)),
    proxyConfig: proxyConfig(processes, proc),
    manifest: attempt(() => readSmall(manifest)),
  }
}

/** The file that a running kube-proxy was given, seen through its own root: it lives in a container. */
function proxyConfig(processes: Seen<readonly Process[]>, proc: string): Seen<string> {
  const [process] = processesOf(processes, 'kube-proxy')
  if (process === undefined) return unseen('no process kube-proxy is seen')
  const file = flagOf(process, '--config')
  if (file === undefined) return unseen(`process ${process.pid} has no --config`)
  return attempt(() => readSmall(`${proc}/${process.pid}/root${file}`))
}

function readSmall(path: string): string {
  const { size } = statSync(path)
  if (size > MAX_BYTES) throw new RangeError(`${path} has ${size} bytes, which is no configuration`)
  return readFileSync(path, 'utf8')
}

/** The text that is served at an address of this node; rejects when it is not there, or not in time. */
export function askText(url: string, timeoutMs: number = LOCAL_MS): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (more: string) => {
        text += more
        if (text.length > MAX_BYTES) request.destroy(new Error(`${url} does not stop answering`))
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text.trim())
        else reject(new Error(`${url} answers with status ${response.statusCode}`))
      })
    })
    request.on('timeout', () => request.destroy(new Error(`${url} does not answer`)))
    request.on('error', reject)
  })
}
