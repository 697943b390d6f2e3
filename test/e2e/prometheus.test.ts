import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { document, ROOT } from '../contract/support/documents.ts'
import { noPromtool, promtool } from '../contract/support/promtool.ts'
import { dashboardQueries, deployed, filledIn, rules, scrapeJob, scrapeJobs } from '../lab/monitoring.ts'

const folder = mkdtempSync(join(tmpdir(), 'lvscare-promtool-'))
afterAll(() => rmSync(folder, { recursive: true }))

const HERE = `${ROOT}deploy/prometheus`

/** A file for promtool; JSON is YAML too. */
function file(name: string, content: object): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

/**
 * What becomes of targets that Kubernetes would announce with these labels. Debian's Prometheus is built without the
 * discovery of Kubernetes: its labels come from a list instead, and the relabelling is that of the file.
 */
function relabelled(name: string, ...discovered: readonly Record<string, string>[]): (object | undefined)[] {
  const { kubernetes_sd_configs: _, ...rest } = scrapeJob(name)
  const static_configs = discovered.map(({ __address__, ...labels }, at) => ({
    targets: [__address__],
    // promtool may show another address than the discovered one.
    labels: { ...labels, __meta_at: String(at) },
  }))
  const config = file(`${name}.json`, { scrape_configs: [{ ...rest, static_configs }] })
  const { ok, text } = promtool('check', 'service-discovery', '--timeout=1s', config, name)
  if (!ok) throw new Error(text)
  const found = JSON.parse(text) as Found[]
  return discovered.map((_, at) => {
    const target = found.find(({ discoveredLabels }) => discoveredLabels['__meta_at'] === String(at))
    if (target === undefined) throw new Error(`promtool does not speak of target ${at}`)
    const { __address__, instance } = target.labels
    return __address__ === undefined ? undefined : { __address__, instance }
  })
}

/** A target, as promtool tells of it; one that is dropped has no labels left. */
interface Found {
  readonly discoveredLabels: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/** Labels of a mirror pod in the network of its host, as the role `pod` announces it. */
function pod(name: string, ip: string, label?: string): Record<string, string> {
  return {
    __address__: ip.includes(':') ? `[${ip}]` : ip,
    __meta_kubernetes_pod_ip: ip,
    __meta_kubernetes_pod_name: `${name}-node-7`,
    __meta_kubernetes_pod_node_name: 'node-7',
    ...(label === undefined ? {} : { __meta_kubernetes_pod_label_app_kubernetes_io_name: label }),
  }
}

describe.skipIf(noPromtool() !== undefined)('deploy/prometheus', () => {
  it('has jobs of which each is one that Prometheus takes', () => {
    for (const one of scrapeJobs()) {
      const { kubernetes_sd_configs: discovery, ...rest } = one
      expect(promtool('check', 'config', file('prometheus.json', { scrape_configs: [rest] }))).toMatchObject({
        ok: true,
      })
      expect(['node', 'pod', undefined]).toContain(discovery?.[0]?.role)
    }
  })

  it('finds each worker by its node, with and without a guard, and no control plane', () => {
    const node = { __meta_kubernetes_node_name: 'node-7' }
    const controlPlane = { __meta_kubernetes_node_labelpresent_node_role_kubernetes_io_control_plane: 'true' }
    const master = { __meta_kubernetes_node_labelpresent_node_role_kubernetes_io_master: 'true' }
    expect(
      relabelled(
        'lvscare',
        { __address__: '192.168.72.53:10250', ...node },
        { __address__: '[fd00::53]:10250', ...node },
        { __address__: '192.168.72.50:10250', ...controlPlane },
        { __address__: '192.168.72.51:10250', ...master },
      ),
    ).toEqual([
      { __address__: '192.168.72.53:9697', instance: 'node-7' },
      { __address__: '[fd00::53]:9697', instance: 'node-7' },
      undefined,
      undefined,
    ])
  })

  it.each([
    ['static-pod.yaml', true],
    ['static-pod-sealos.yaml', false],
  ])('finds the pod of %s by its label or its name', (manifest, labelled) => {
    const { metadata } = deployed<{
      metadata: { name: string; namespace: string; labels?: Record<string, string> }
    }>(manifest)
    const label = metadata.labels?.['app.kubernetes.io/name']
    expect(label !== undefined).toBe(labelled)
    expect(scrapeJob('lvscare-pods').kubernetes_sd_configs).toEqual([
      { role: 'pod', namespaces: { names: [metadata.namespace] } },
    ])
    expect(
      relabelled(
        'lvscare-pods',
        pod(metadata.name, '192.168.72.53', label),
        pod(metadata.name, 'fd00::53', label),
        pod('kube-proxy', '192.168.72.54'),
        pod('kube-proxy', '192.168.72.55', 'kube-proxy'),
      ),
    ).toEqual([
      { __address__: '192.168.72.53:9697', instance: 'node-7' },
      { __address__: '[fd00::53]:9697', instance: 'node-7' },
      undefined,
      undefined,
    ])
  })

  it('finds the pod of sealos itself by its older and its newer name, and none that is only like it', () => {
    expect(
      relabelled(
        'lvscare-pods',
        pod('kube-sealyun-lvscare', '192.168.72.53'),
        pod('kube-sealos-lvscare', '192.168.72.54'),
        pod('kube-other-lvscare', '192.168.72.55'),
      ),
    ).toEqual([
      { __address__: '192.168.72.53:9697', instance: 'node-7' },
      { __address__: '192.168.72.54:9697', instance: 'node-7' },
      undefined,
    ])
  })

  it('names hosts of a list by their address, unless they have a name', () => {
    expect(
      relabelled(
        'lvscare-hosts',
        { __address__: '192.168.72.53:9697' },
        { __address__: '127.0.0.1:9697', instance: 'node-7' },
      ),
    ).toEqual([
      { __address__: '192.168.72.53:9697', instance: '192.168.72.53' },
      { __address__: '127.0.0.1:9697', instance: 'node-7' },
    ])
  })

  it('has rules that Prometheus takes', () => {
    const { ok, text } = promtool('check', 'rules', `${HERE}/lvscare.rules.yaml`)
    expect([ok, text]).toEqual([true, expect.stringContaining(`SUCCESS: ${rules().length} rules found`)])
  })

  // promtool 2.42 misses an evaluation now and then where the machine is busy: what is wrong is wrong each time.
  it('has alerts that fire when they should, and else not', { retry: 2, timeout: 60_000 }, () => {
    const { ok, text } = promtool('test', 'rules', `${HERE}/lvscare.rules.test.yaml`)
    expect(text).not.toContain('FAILED')
    expect(ok).toBe(true)
  })

  it('becomes a PrometheusRule as docs/monitoring.md says', () => {
    const block = document('docs/monitoring.md').blocks.find(({ text }) => text.includes('PrometheusRule'))
    const script = block?.text.replace('kubectl apply -f -', 'cat') ?? ''
    const { stdout, status } = spawnSync('bash', ['-ec', script], { cwd: ROOT, encoding: 'utf8' })
    expect(status).toBe(0)
    expect(parse(stdout)).toEqual({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'lvscare', namespace: 'kube-system' },
      spec: deployed('prometheus/lvscare.rules.yaml'),
    })
  })
})

describe.skipIf(noPromtool() !== undefined)('deploy/grafana', () => {
  /** Prometheus parses what is in a rule; so each query becomes one. */
  function parsed(expressions: readonly string[]): ReturnType<typeof promtool> {
    const recorded = expressions.map((expr, at) => ({ record: `panel:lvscare:${at}`, expr }))
    return promtool('check', 'rules', file('panels.json', { groups: [{ name: 'panels', rules: recorded }] }))
  }

  it('asks only what Prometheus understands', () => {
    const expressions = dashboardQueries().map(({ expr }) => filledIn(expr))
    expect(expressions.filter((expr) => expr.includes('$'))).toEqual([])
    expect(parsed(expressions)).toMatchObject({ ok: true })
  })

  it('would be found out', () => {
    expect(parsed(['sum by (server lvscare_server_state)'])).toMatchObject({ ok: false })
    expect(parsed(['rate(lvscare_ready)'])).toMatchObject({ ok: false })
  })
})
