import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { InstallerExitCode } from '../../src/cli/host.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { parseVersion } from '../../src/config/version.ts'
import { buildKubeadmConfig } from '../../src/kubeadm/build.ts'
import { kubeadmYaml } from '../../src/kubeadm/documents.ts'
import { template } from '../../src/kubeadm/template.ts'
import { MODULES_FILE, manifestPath } from '../../src/node/paths.ts'
import { plain, SERVERS, VIP, World } from '../plan/world.ts'
import { type World as Outside, run } from './fake-cli-host.ts'

const { OK, FAILED, REFUSED, DIFFERS, CHANGED } = InstallerExitCode

const CONFIG = [
  ...SERVERS.map((server) => `--master ${server}`),
  '--service-subnet 10.96.0.0/22 --pod-subnet 100.64.0.0/10 --health-scheme http --node-ip 192.0.2.21',
].join(' ')
const TOKEN = 'abcdef.0123456789abcdef'
const HASH = `sha256:${'ab'.repeat(32)}`
const KEY = 'cd'.repeat(32)

function here(world: World): Outside {
  return { open: () => world.host }
}

describe('join', () => {
  const join = `join ${VIP} ${CONFIG} --token ${TOKEN} --discovery-token-ca-cert-hash ${HASH}`

  it('sets the node up, runs kubeadm through the virtual server, and hands on what stands behind --', async () => {
    const world = new World()
    const { code, out } = await run(`${join} -- --v=5 --node-name n1`, here(world))
    expect([code, out]).toEqual([OK, expect.stringMatching(/the node has joined\n$/)])
    expect(world.joins).toEqual([
      ['join', VIP, '--token', TOKEN, '--discovery-token-ca-cert-hash', HASH, '--v=5', '--node-name', 'n1'],
    ])
  })

  it('says 4 when kubeadm failed, keeps what was set up, and never shows a secret', async () => {
    const world = new World()
    world.kubeadmFails = true
    const { code, out, err } = await run(
      `join ${VIP} ${CONFIG} --token-env T --discovery-token-ca-cert-hash ${HASH} --json`,
      { ...here(world), environment: { T: TOKEN } },
    )
    expect(code).toBe(CHANGED)
    expect(JSON.parse(out).nodes[0]).toMatchObject({ kubeadm: 'failed', before: { ok: true }, after: null })
    expect(out + err).not.toContain('0123456789abcdef')
    expect(err).toContain('kubeadm')
    expect(JSON.stringify(world.snapshot())).not.toContain('0123456789abcdef')

    world.kubeadmFails = false
    expect((await run(join, here(world))).code).toBe(OK)
  })

  it('blackens secrets that the node repeats, also with a quote in them', async () => {
    const world = new World()
    world.interfaces = [{ ifname: 'eth0', addr_info: [{ local: '192.0.2.13' }] }]
    world.host.onExec((argv) =>
      argv[0] === 'kubeadm'
        ? { code: 1, stdout: `pw "q\n${TOKEN}\n${KEY}\n`, stderr: `${TOKEN} ${KEY}` }
        : undefined,
    )
    const command = `join 192.0.2.11:6443 ${CONFIG.replace('--node-ip 192.0.2.21', '--node-ip 192.0.2.13')} --host n`
    const { out, err, code } = await run(
      `${command} --control-plane --certificate-key ${KEY} --token ${TOKEN} --discovery-token-ca-cert-hash ${HASH} --password-env P`,
      { ...here(world), environment: { P: 'pw "q' } },
    )
    expect(code).toBe(CHANGED)
    for (const secret of [TOKEN, KEY, 'pw "q']) expect(out + err).not.toContain(secret)
    expect(err).toContain('| [secret]')
  })

  it('blackens secrets in documents too, however JSON writes them', async () => {
    const secret = 'pw "q'
    const open = async (): Promise<never> => await Promise.reject(new Error(`refused: ${secret}`))
    const { out, err } = await run('status --host n --json --password-env P', {
      environment: { P: secret },
      open,
    })
    expect(JSON.parse(out).nodes[0].error.message).toBe('refused: [secret]')
    expect(err).toBe('lvscare-installer: refused: [secret]\n')
  })

  it.each([
    ['--vip 10.0.0.1', /--vip "10\.0\.0\.1": is not the endpoint/],
    ['--role first-control-plane', /role "first-control-plane": must be worker or control-plane/],
    ['--control-plane --role worker', /--role "worker": is not what --control-plane says/],
    [`--token-env T`, /--token, --token-env: give one of them/],
    [
      '--discovery-token-ca-cert-hash sha256:1',
      /--discovery-token-ca-cert-hash "sha256:1": must be sha256: and/,
    ],
    [`--certificate-key ${KEY}`, /--certificate-key: must be left out: it is for control planes/],
  ])('refuses %s before a node is touched', async (more, line) => {
    const { code, err } = await run(`${join} ${more}`, { environment: { T: TOKEN } })
    expect(code).toBe(REFUSED)
    expect(err).toMatch(line)
    expect(err).not.toContain(KEY)
  })

  it.each([
    ['', /--token: must be 6 letters/],
    ['--token abc', /--token: must be 6 letters/],
    [`--token ${TOKEN}`, /--discovery-token-ca-cert-hash \[\]: must have one/],
  ])('refuses a join with only %j, and does not show the token', async (more, line) => {
    const { code, err } = await run(`join ${CONFIG} ${more}`.trim().split(/\s+/))
    expect([code, err]).toEqual([REFUSED, expect.stringMatching(line)])
    expect(err).not.toContain('abc"')
  })

  it('shows no token that lost its flag, and none behind a flag that is misspelled', async () => {
    for (const argv of [
      `apply ${TOKEN}`,
      `join a ${TOKEN}`,
      `join --tokn ${TOKEN}`,
      `apply --pass ${TOKEN}`,
    ]) {
      const { code, err } = await run(argv)
      expect([argv, code, err.includes('0123456789')]).toEqual([argv, REFUSED, false])
    }
  })
})

describe('status, verify and uninstall', () => {
  it('follow a node through its life', async () => {
    const world = new World()
    const untouched = world.host.snapshot()
    expect(await run('status', here(world))).toMatchObject({ code: DIFFERS, out: 'nothing is installed\n' })
    expect(await run('verify', here(world))).toMatchObject({ code: REFUSED })

    await run(`join ${CONFIG} --token ${TOKEN} --discovery-token-ca-cert-hash ${HASH}`, here(world))
    const status = await run('status', here(world))
    expect(status).toMatchObject({ code: OK, err: '' })
    expect(status.out).toMatch(/^installed as worker, joined\n/)
    expect(status.out).toMatch(/^SERVER +STATE/m)
    expect(JSON.parse((await run('status --json', here(world))).out).nodes[0].status).toMatchObject({
      installed: true,
      phase: 'after',
    })
    expect(await run('verify', here(world))).toMatchObject({ code: OK, out: 'as configured\n' })

    world.host.files.put(manifestPath(plain()), 'edited')
    const differs = await run('verify', here(world))
    expect([differs.code, differs.out]).toEqual([DIFFERS, expect.stringContaining('manifest-differs')])
    await run(`apply ${CONFIG} --force`, here(world))

    const shown = await run('uninstall --dry-run', here(world))
    expect([shown.code, shown.out]).toEqual([OK, expect.stringContaining(`--- ${manifestPath(plain())}`)])
    expect((await run('uninstall', here(world))).code).toBe(OK)
    const left = new Set(Object.keys(world.host.snapshot().files))
    for (const path of Object.keys(untouched.files)) expect(left.delete(path)).toBe(true)
    // What kubeadm join made is kubeadm's.
    expect([...left]).toEqual(['/etc/kubernetes', '/etc/kubernetes/kubelet.conf'])
    expect(world.host.snapshot().rules).toEqual({})
  })

  it('says 4 when uninstall left something, and does the rest in a second call', async () => {
    const world = new World()
    await run(`apply ${CONFIG}`, here(world))
    let isBusy = true
    world.host.onOperation(({ kind, what }) => {
      if (isBusy && kind === 'remove' && what === MODULES_FILE) throw new Error('busy')
    })
    const { code, err } = await run('uninstall', here(world))
    expect([code, err]).toEqual([CHANGED, expect.stringMatching(/lvscare-installer: busy\n$/)])
    isBusy = false
    expect((await run('uninstall', here(world))).code).toBe(OK)
    expect(world.host.snapshot().rules).toEqual({})
  })

  it('leaves our lines in /etc/hosts with --keep-hosts', async () => {
    const world = new World()
    await run(`apply ${CONFIG}`, here(world))
    await run('uninstall --keep-hosts', here(world))
    expect(world.host.text('/etc/hosts')).toContain('apiserver.cluster.local')
  })
})

describe('manifest, config and validate', () => {
  it('prints what kubelet, cloud-init and Cluster API read', async () => {
    const pod = await run(`manifest ${CONFIG} --profile sealos`)
    expect([pod.code, pod.out]).toEqual([OK, expect.stringMatching(/^apiVersion: v1\nkind: Pod\n/)])
    expect((await run(`manifest ${CONFIG} --format cloud-init`)).out).toMatch(/^#cloud-config\n/)
    const [fields] = parseAllDocuments((await run(`manifest ${CONFIG} --format cluster-api`)).out)
    expect(Object.keys(fields?.toJS() as object)).toContain('preKubeadmCommands')
  })

  it('prints the template, and renders it or another one', async () => {
    expect((await run('config template')).out).toBe(template())
    const release = `${CONFIG} --kubernetes-version 1.31.4`
    const config = parseConfig({ ...configOf(), kubernetesVersion: '1.31.4' })
    const ours = kubeadmYaml(buildKubeadmConfig(config, parseVersion('1.31.4')))
    const rendered = (await run(`config render ${release}`)).out
    const read = (text: string): unknown[] => parseAllDocuments(text).map((one) => one.toJS() as unknown)
    expect(read(rendered)).toEqual(read(ours))
    const own = await run(`config render t ${release}`, {
      files: { t: '{{range .Masters -}}<{{.}}>{{end}}' },
    })
    expect(own.out).toBe('<192.0.2.11><192.0.2.12><192.0.2.13>')
    const wrong = await run(`config render t ${release}`, { files: { t: '\n{{.Nothing}}' } })
    expect([wrong.code, wrong.out, wrong.err]).toEqual([REFUSED, '', expect.stringMatching(/line 2/)])
  })

  it('merges into a file, and says what differs', async () => {
    const release = `${CONFIG} --kubernetes-version 1.31.4`
    const documents = await run(`config kubeadm ${release}`)
    expect(documents.out).toContain('controlPlaneEndpoint: apiserver.cluster.local:6443')
    const file = documents.out
      .replace('100.64.0.0/10', '10.244.0.0/16')
      .replace('apiServer:', '# mine\napiServer:')
    const { code, out, err } = await run(`config kubeadm f ${release}`, { files: { f: file } })
    expect([code, out]).toEqual([OK, file])
    expect(err).toMatch(
      /^line \d+, column \d+: ClusterConfiguration networking\.podSubnet is kept: 10\.244\.0\.0\/16/,
    )
  })

  it('validates without a node, and with one', async () => {
    const offline = await run(`validate --offline ${CONFIG}`)
    expect(offline.code).toBe(OK)
    const warned = await run(`validate --offline --json ${CONFIG} --profile sealos`)
    expect(warned.code).toBe(DIFFERS)
    expect(JSON.parse(warned.out).findings.map(({ code }: { code: string }) => code)).toContain(
      'sealos-privileged',
    )
    expect((await run(`validate --offline ${CONFIG} --vip 10.96.0.1`)).code).toBe(REFUSED)

    const world = new World()
    world.interfaces = [...world.interfaces, { ifname: 'eth1', addr_info: [{ local: '10.103.97.2' }] }]
    const there = await run(`validate ${CONFIG}`, here(world))
    expect([there.code, there.out]).toEqual([REFUSED, expect.stringContaining('vip-on-interface')])
    expect(world.host.changes.filter(({ kind }) => kind !== 'exec')).toEqual([])
  })

  it('says 1 when a node cannot be looked at', async () => {
    const world = new World()
    world.host.failAt({ at: 1, when: 'before' })
    expect((await run(`validate ${CONFIG}`, here(world))).code).toBe(FAILED)
  })
})

function configOf(): object {
  return {
    servers: SERVERS,
    nodeAddress: '192.0.2.21',
    serviceSubnet: '10.96.0.0/22',
    podSubnet: '100.64.0.0/10',
    guard: { 'health-scheme': 'http' },
  }
}
