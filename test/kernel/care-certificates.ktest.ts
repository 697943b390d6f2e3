import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { ApiServer } from '../lab/apiserver.ts'
import { Authority } from '../lab/authority.ts'
import { TestCluster, VIP, VIRTUAL } from '../lab/cluster.ts'
import { exec } from '../lab/exec.ts'
import { GuardProcess } from '../lab/guard.ts'
import { membersOf } from '../lab/ipvsadm.ts'
import { ranOn } from '../lab/one-kernel.ts'
import { waitFor } from '../lab/wait.ts'

const LIMIT_MS = 30_000
const QUICK = ['--interval', '200ms', '--health-timeout', '2s']
const PAGE = '127.0.0.1:19698'
const [A, B] = ['192.0.2.11:6443', '192.0.2.12:6443'] as const

describe('lvscare care, verifying certificates', { skip: ranOn('6.12') }, () => {
  let cluster: TestCluster
  let authority: Authority
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lvscare-certificates-'))
    authority = new Authority()
    cluster = await TestCluster.create('a', 'b')
    file('ca.pem', authority.cert)
  })
  afterEach(async () => {
    await GuardProcess.killAll()
    exec('ipvsadm', '-C')
    exec('ip', 'route', 'flush', 'table', 'local', VIP.v4)
  })
  after(async () => {
    await cluster.remove()
    authority.close()
    rmSync(folder, { recursive: true })
  })

  function file(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  /** Every server shows a certificate of the authority, for its address unless told otherwise. */
  async function certified(names?: readonly string[]): Promise<void> {
    for (const server of cluster.servers) {
      await server.present(authority.issue({ names: names ?? [`IP:${server.host.v4}`], ends: 40 }))
    }
  }

  function guarding(...flags: string[]): GuardProcess {
    const ca = ['--health-ca', join(folder, 'ca.pem')]
    return new GuardProcess([...cluster.flags, ...QUICK, ...ca, '--metrics-address', PAGE, ...flags])
  }

  async function up(guard: GuardProcess, ...servers: string[]): Promise<void> {
    for (const one of servers) {
      await guard.logged('server state changed', LIMIT_MS, ({ server, to }) => server === one && to === 'up')
    }
  }

  it('accepts those of --health-ca, and shows how many days they are good for', async () => {
    await certified()
    const guard = guarding()
    await up(guard, A, B)
    const text = await (await fetch(`http://${PAGE}/metrics`)).text()
    assert.match(text, /^lvscare_server_certificate_daysleft\{server="192\.0\.2\.11:6443"\} (39\.\d+|40)$/m)
  })

  it('takes out a server whose certificate is not accepted, says what is wrong, and takes it back', async () => {
    await certified()
    const guard = guarding()
    await up(guard, A, B)
    const stranger = new Authority()
    const own = [`IP:${cluster.server('a').host.v4}`]
    const problems = [
      ['certificate-expired', /ended on .*: renew it/, authority.issue({ names: own, begins: -9, ends: -1 })],
      [
        'certificate-name',
        /is made out for kubernetes, not for 192\.0\.2\.11/,
        authority.issue({ names: ['DNS:kubernetes'] }),
      ],
      ['certificate-authority', /was issued by "CN=kubernetes", whom nobody/, stranger.issue({ names: own })],
    ] as const
    stranger.close()
    for (const [reason, detail, pair] of problems) {
      await cluster.server('a').present(pair)
      const line = await guard.logged(
        'server state changed',
        LIMIT_MS,
        (one) => one['to'] === 'down' && one['reason'] === reason,
      )
      assert.equal(line['server'], A)
      assert.match(String(line['detail']), detail)
      await waitFor('it is out', LIMIT_MS, () => !membersOf(VIRTUAL.v4)?.has(A))
      await cluster.server('a').present(authority.issue({ names: own }))
      await waitFor('it is back', LIMIT_MS, () => membersOf(VIRTUAL.v4)?.get(A) === 1)
    }
    assert.equal(guard.records('server state changed').filter(({ server }) => server === B).length, 1)
  })

  it('keeps the last good set when all of them end at once, as they were made at once', async () => {
    await certified()
    const guard = guarding()
    await up(guard, A, B)
    const names = cluster.servers.map(({ host }) => `IP:${host.v4}`)
    for (const server of cluster.servers)
      await server.present(authority.issue({ names, begins: -9, ends: -1 }))
    await guard.logged('no server is healthy, the last good set stays', LIMIT_MS)
    assert.deepEqual(Object.fromEntries(membersOf(VIRTUAL.v4) ?? []), { [A]: 1, [B]: 1 })
  })

  it('looks for --health-server-name instead of the address', async () => {
    await certified(['DNS:kubernetes.default.svc'])
    await up(guarding('--health-server-name', 'kubernetes.default.svc'), A, B)
  })

  it('shows --health-cert and --health-key, and follows their renewal', async () => {
    await certified()
    const host = cluster.server('b').host
    const pair = authority.issue({ names: [`IP:${host.v4}`] })
    await cluster.server('b').close()
    const demanding = new ApiServer(host, pair, { clientAuthority: authority.cert })
    await demanding.start()
    const without = guarding()
    await without.logged('server state changed', LIMIT_MS, ({ server, to }) => server === B && to === 'down')
    await without.kill()

    const client = authority.issue({ subject: '/O=system:nodes/CN=probe', names: [] })
    const both = file('client.pem', client.cert + client.key)
    const guard = guarding('--health-cert', both)
    await up(guard, A, B)
    const renewed = authority.issue({ subject: '/CN=renewed', names: [] })
    renameSync(file('client.new', renewed.cert + renewed.key), both)
    await guard.logged('certificate files read again', LIMIT_MS)
    file('client.pem', client.cert + renewed.key)
    const line = await guard.logged('certificate files cannot be used, the last good ones stay', LIMIT_MS)
    assert.match(
      String(line['error']),
      /^--health-cert ".*": holds a key that does not belong to its certificate$/,
    )
    await demanding.drop()
    await new Promise((go) => setTimeout(go, 2000))
    assert.deepEqual(Object.fromEntries(membersOf(VIRTUAL.v4) ?? []), { [A]: 1, [B]: 1 })
    await demanding.close()
    await cluster.server('b').start()
  })

  it('does not begin with files that it cannot use, and changes nothing', async () => {
    const guard = guarding('--health-cert', file('bad.pem', 'nothing'))
    assert.equal(await guard.ended, 2)
    assert.match(guard.words.join('\n'), /--health-cert ".*bad\.pem": holds no certificate in PEM/)
    assert.equal(membersOf(VIRTUAL.v4), undefined)
  })
})
