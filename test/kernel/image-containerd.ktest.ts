import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { buildStaticPod, type Profile, parseConfig, type V1Pod } from '@lvscare/installer'
import { attempt, openWatch } from '../lab/client.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { ContainerGuard } from '../lab/container-guard.ts'
import { Containerd, type OciSpec } from '../lab/containerd.ts'
import { exec, outcome } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { NODE } from '../lab/hosts.ts'
import { type ImageName, imageArchive, imageIn } from '../lab/image.ts'
import { membersOf, savedTable, shownTable } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { program } from '../lab/programs.ts'
import { waitFor } from '../lab/wait.ts'
import { setSetting, settings } from '../lab/world.ts'

const LIMIT_MS = 90_000
const ATTEMPT_MS = 10_000
const LVSCARE = '/usr/bin/lvscare'
const NET_ADMIN = 'CAP_NET_ADMIN'
/** Seen soon, and not taken for dead while everything is slow. */
const QUICK = { interval: '300ms', 'health-timeout': '5s' }
/** The bit of CAP_NET_ADMIN (linux/capability.h), as /proc shows it. */
const NET_ADMIN_MASK = '0000000000001000'
/** A user with no name and no rights, as images without root have it. */
const NOBODY = 65532

const skip =
  process.env['LVSCARE_SUITE_ON'] === 'host'
    ? 'a containerd would join the control groups of this machine'
    : ranOn('6.1')

describe('the image', { skip }, () => {
  let image: ImageName
  let cluster: TestCluster
  let containerd: Containerd
  let isStarted = false
  let original: Record<string, string>

  before(async () => {
    const archive = imageArchive()
    image = imageIn(archive)
    cluster = await TestCluster.create('a', 'b', 'c')
    containerd = await Containerd.start()
    isStarted = true
    containerd.ctr('images', 'import', archive)
    // Only with the module there are its settings.
    exec('ipvsadm', '-C')
    original = settings()
  })
  afterEach(async () => {
    containerd.removeAll()
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
    for (const [name, value] of Object.entries(original)) setSetting(name, value)
  })
  after(async () => {
    try {
      if (isStarted) await containerd.stop()
    } finally {
      await cluster.remove()
    }
  })

  /** The pod that the installer writes for this node. */
  function pod(profile: Profile, guard: Record<string, string> = {}): V1Pod {
    const servers = cluster.servers.map(({ endpoint }) => endpoint)
    const config = { profile, servers, guard, image: image.reference, nodeAddress: NODE.v4 }
    return buildStaticPod(parseConfig(config))
  }

  function members(): string {
    return JSON.stringify([...(membersOf(VIRTUAL.v4) ?? [])].map(([server]) => server).sort())
  }

  async function has(...names: string[]): Promise<void> {
    const wanted = JSON.stringify(names.map((name) => cluster.server(name).endpoint).sort())
    await waitFor(`the members ${wanted}`, LIMIT_MS, () => members() === wanted)
  }

  /** New connections through the virtual IP reach these servers, one as the other, and nobody else. */
  async function reaches(...names: string[]): Promise<void> {
    await waitFor(`connections to ${names.join()}`, LIMIT_MS, async () => {
      const found = new Set<string>()
      for (let n = 0; n < 2 * names.length; n += 1) {
        const one = await attempt(VIP.v4, 6443, ATTEMPT_MS)
        found.add('server' in one ? one.server : one.error)
      }
      return [...found].sort().join() === names.join()
    })
  }

  function run(flags: readonly string[], ...argv: string[]): ReturnType<typeof outcome> {
    return outcome(
      containerd.command(
        'run',
        '--rm',
        '--net-host',
        '--read-only',
        ...flags,
        image.reference,
        'one',
        ...argv,
      ),
    )
  }

  it('has the name that the installer writes, and the digest that the archive says', () => {
    const manifest = exec(process.execPath, program('installer'), 'manifest', '--master', '192.0.2.11')
    assert.match(manifest, new RegExp(`^ +image: ${image.reference}$`, 'm'))
    const row = containerd
      .ctr('images', 'list')
      .split('\n')
      .find((line) => line.startsWith(`${image.reference} `))
    assert.ok(row?.includes(image.digest), row)
  })

  it('has no shell, nothing that raises privileges, and nobody may write to it', () => {
    const folder = join(containerd.folder, 'look')
    mkdirSync(folder)
    containerd.ctr('images', 'mount', image.reference, folder)
    try {
      assert.deepEqual(
        exec('find', folder, '-type', 'f', '-perm', '/111', '-not', '-name', '*.so.*', '-printf', '/%P\n')
          .trim()
          .split('\n')
          .sort(),
        ['/usr/bin/node', '/usr/lib/lvscare/lvscare.cjs'],
      )
      assert.equal(exec('find', folder, '-perm', '/6000', '-o', '-not', '-type', 'l', '-perm', '/022'), '')
      assert.equal(exec('find', folder, '-not', '(', '-uid', '0', '-gid', '0', ')'), '')
      assert.equal(exec('getcap', '-r', folder), '')
    } finally {
      containerd.ctr('images', 'unmount', folder)
    }
    const { code, stderr } = run([], '/bin/sh', '-c', 'true')
    assert.notEqual(code, 0)
    assert.match(stderr, /"\/bin\/sh": stat \/bin\/sh: no such file or directory/)
  })

  it('guards a real rule as the installer’s manifest has it: no privilege but one', async () => {
    const container = new ContainerGuard(containerd, 'hardened', image.reference, pod('hardened', QUICK))
    await has('a', 'b', 'c')
    assert.equal(container.status('CapEff'), NET_ADMIN_MASK)
    assert.equal(container.status('CapBnd'), NET_ADMIN_MASK)
    assert.deepEqual([container.status('NoNewPrivs'), container.status('Seccomp')], ['1', '2'])
    assert.ok(container.rootOptions().includes('ro'))
    await waitFor('readiness', LIMIT_MS, () => isReady())
    await reaches('a', 'b', 'c')

    await cluster.server('a').kill()
    await has('b', 'c')
    await reaches('b', 'c')
    assert.doesNotMatch(shownTable(), /192\.0\.2\.11/)
    await cluster.server('a').start()
    await has('a', 'b', 'c')
    await reaches('a', 'b', 'c')

    const status = container.exec(LVSCARE, 'status', '--json')
    assert.equal(status.code, 0, status.stderr)
    const doctor = container.exec(LVSCARE, 'doctor', '--json')
    assert.ok(doctor.stdout.includes('"findings"'), doctor.stderr)
    assert.equal(await container.kill('SIGTERM'), 0)
    assert.equal(container.guard.log.at(-1)?.msg, 'guard stopped')
    await has('a', 'b', 'c')
  })

  it('guards a real rule as the known-good manifest has it, with every privilege', async () => {
    setSetting('expire_nodest_conn', '0')
    const container = new ContainerGuard(containerd, 'sealos', image.reference, pod('sealos'))
    await has('a', 'b', 'c')
    assert.equal(container.status('CapEff'), ownStatus('CapEff'))
    assert.deepEqual([container.status('NoNewPrivs'), container.status('Seccomp')], ['0', '0'])
    await waitFor('a setting of the kernel', LIMIT_MS, () => settings()['expire_nodest_conn'] === '1')
    await cluster.server('b').kill()
    await has('a', 'c')
    await reaches('a', 'c')
    await cluster.server('b').start()
    await has('a', 'b', 'c')
    assert.equal(await container.kill('SIGTERM'), 0)
  })

  it('is killed and started again: the rule stays, connections go on, and the next guard writes nothing', async () => {
    const manifest = pod('hardened', QUICK)
    const first = new ContainerGuard(containerd, 'first', image.reference, manifest)
    await has('a', 'b', 'c')
    const watch = await openWatch(VIP.v4, 6443)
    const table = savedTable()
    assert.equal(await first.kill('SIGKILL'), 137)
    assert.deepEqual(savedTable(), table)
    await reaches('a', 'b', 'c')

    const second = new ContainerGuard(containerd, 'second', image.reference, manifest)
    await waitFor('verdicts', LIMIT_MS, () => second.guard.log.filter(({ to }) => to === 'up').length === 3)
    assert.deepEqual(second.guard.records('step applied'), [])
    assert.deepEqual(savedTable(), table)
    assert.equal(watch.socket.readyState, 'open')
    watch.socket.destroy()
    await cluster.server('c').kill()
    await has('a', 'b')
    await cluster.server('c').start()
    await has('a', 'b', 'c')
    assert.equal(await second.kill('SIGTERM'), 0)
  })

  it('sets the rule once, with the one capability', async () => {
    const flags = ['--cap-add', NET_ADMIN, '--seccomp']
    const { code, stderr } = run(flags, LVSCARE, 'care', ...cluster.flags, '--ip', NODE.v4, '--run-once')
    assert.equal(code, 0, stderr)
    await has('a', 'b', 'c')
    await reaches('a', 'b', 'c')
    assert.equal(run(flags, LVSCARE, 'care', '--vs', VIRTUAL.v4, '--clean').code, 0)
    assert.deepEqual(savedTable(), [])
  })

  describe('without root', () => {
    let folder: string
    before(() => {
      folder = join(containerd.folder, 'writable')
      mkdirSync(folder)
      // The runtime makes the folders for its own mounts in it.
      containerd.ctr('images', 'mount', '--rw', image.reference, folder)
    })
    after(() => {
      containerd.ctr('images', 'unmount', folder)
    })

    it('answers without any capability what needs none', () => {
      const none = (...argv: string[]): ReturnType<typeof outcome> =>
        once((spec) => {
          spec.process.capabilities = {}
          spec.process.args = [LVSCARE, ...argv]
        })
      assert.match(none('version').stdout, /"node":"v\d+\./)
      assert.match(none('--help').stdout, /Keeps the IPVS rule/)
      assert.equal(none('care', '--vs', 'nonsense').code, 2)
    })

    function once(change: (spec: OciSpec) => void): ReturnType<typeof outcome> {
      const spec = containerd.defaults()
      const only = [NET_ADMIN]
      spec.root = { path: folder, readonly: true }
      // Beside those of other containers; by default it would be the group that they are in.
      spec.linux.cgroupsPath = '/k8s.io/nobody'
      spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'network')
      spec.process.user = { uid: NOBODY, gid: NOBODY }
      spec.process.capabilities = { bounding: only, permitted: only, effective: only, inheritable: only }
      spec.process.args = [LVSCARE, 'care', ...cluster.flags, '--ip', NODE.v4, '--run-once']
      change(spec)
      const file = join(containerd.folder, 'spec.json')
      writeFileSync(file, JSON.stringify(spec))
      return outcome(containerd.command('run', '--rm', '--config', file, 'nobody'))
    }

    function withAmbient(spec: OciSpec): void {
      spec.process.capabilities['ambient'] = [NET_ADMIN]
    }

    it('has no capability when it is started, as Kubernetes starts it, and says what is missing', () => {
      const { code, stderr } = once(() => undefined)
      assert.equal(code, 1)
      assert.match(stderr, /CAP_NET_ADMIN/)
      assert.deepEqual(savedTable(), [])
    })

    it('sets the rule with an ambient CAP_NET_ADMIN, and leaves settings that it cannot write', async () => {
      setSetting('expire_nodest_conn', '0')
      const { code, stderr } = once(withAmbient)
      assert.equal(code, 0, stderr)
      await has('a', 'b', 'c')
      await reaches('a', 'b', 'c')
      assert.match(stderr, /net\.ipv4\.vs\.expire_nodest_conn=1 cannot be set here/)
      assert.equal(settings()['expire_nodest_conn'], '0')
    })

    it('writes settings of IPVS too, where /proc/sys can be written to', () => {
      setSetting('expire_nodest_conn', '0')
      const { code, stderr } = once((spec) => {
        withAmbient(spec)
        spec.linux.readonlyPaths = []
      })
      assert.equal(code, 0, stderr)
      assert.equal(settings()['expire_nodest_conn'], '1')
    })
  })
})

/** What kubelet asks, from the node. */
async function isReady(): Promise<boolean> {
  const pages = ['healthz', 'readyz'].map((page) => fetch(`http://127.0.0.1:9697/${page}`))
  const answers = await Promise.all(pages).catch(() => [])
  return answers.length > 0 && answers.every(({ ok }) => ok)
}

function ownStatus(field: string): string {
  return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(exec('cat', '/proc/self/status'))?.[1] ?? ''
}
