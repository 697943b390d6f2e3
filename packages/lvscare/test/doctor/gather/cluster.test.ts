import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saw } from '../../../src/doctor/facts.ts'
import { askText, gatherCluster } from '../../../src/doctor/gather/cluster.ts'
import { closing } from '../../probe/setting.ts'
import { http, nobody } from '../../probe/tls-server.ts'

const proc = mkdtempSync(join(tmpdir(), 'lvscare-proc-'))

beforeAll(() => {
  const root = join(proc, '7', 'root', 'var', 'lib', 'kube-proxy')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'config.conf'), 'mode: ipvs\n')
  writeFileSync(join(proc, '7', 'cmdline'), 'kube-proxy\0--config=/var/lib/kube-proxy/config.conf\0')
})
afterAll(() => rmSync(proc, { recursive: true }))

describe('gatherCluster()', () => {
  it("reads kube-proxy's configuration through its own root, and says what it does not see", async () => {
    const { processes, proxyConfig, manifest } = await gatherCluster({ proc, manifest: join(proc, 'none') })
    expect(proxyConfig).toEqual(saw('mode: ipvs\n'))
    expect(processes).toMatchObject({ seen: true })
    expect(manifest).toMatchObject({ seen: false, code: 'ENOENT' })
  })

  it('says so when there is no kube-proxy', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'lvscare-proc-'))
    const { proxyConfig } = await gatherCluster({ proc: empty, manifest: join(empty, 'none') })
    expect(proxyConfig).toMatchObject({ seen: false, why: 'no process kube-proxy is seen' })
    rmSync(empty, { recursive: true })
  })
})

describe('askText()', () => {
  it('gives the answer without white space around it', async () => {
    const server = await closing(http((_request, response) => void response.end('ipvs\n')))
    expect(await askText(server.origin)).toBe('ipvs')
  })

  it.each([
    [
      'another status',
      async () => (await closing(http((_, response) => void response.writeHead(404).end()))).origin,
    ],
    ['nobody', async () => (await nobody()).replace('https:', 'http:')],
    ['silence', async () => (await closing(http(() => undefined))).origin],
    [
      'an answer without end',
      async () =>
        (
          await closing(
            http((_, response) => {
              const more = setInterval(() => response.write('x'.repeat(1 << 19)), 1)
              response.on('close', () => clearInterval(more))
            }),
          )
        ).origin,
    ],
  ])('rejects with %s', async (_what, origin) => {
    await expect(askText(await origin(), 300)).rejects.toThrow(/status 404|ECONNREFUSED|does not/)
  })
})
