import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { RawConfig } from '../../src/config/parse.ts'
import { hostsText } from '../../src/hosts/block.ts'
import { toCloudInit } from '../../src/node/cloud-init.ts'
import { toClusterApi } from '../../src/node/cluster-api.ts'
import { buildNodeCommands } from '../../src/node/commands.ts'
import { buildNodeFiles } from '../../src/node/files.ts'
import { shellLine } from '../../src/node/shell.ts'
import { configOf, guardedConfigs, nastyText } from '../pod/configs.ts'

const programs = (changes: RawConfig, phase: 'before' | 'after'): string[] =>
  buildNodeCommands(configOf(changes), { phase }).map(([program = '', ...args]) =>
    program === 'sh' ? `sh ${args.at(2)} ${args.slice(3).join(' ')}` : [program, ...args].join(' '),
  )

describe('buildNodeCommands', () => {
  it('sets a worker up before kubeadm, in order', () => {
    expect(programs({ imageArchive: '/opt/images.tar', bootUnit: true }, 'before')).toEqual([
      'modprobe -a ip_vs ip_vs_rr',
      'sh modprobe tcp_diag',
      // -e: a kernel that lacks a setting must not keep the rest from being done.
      'sysctl -e -p /etc/sysctl.d/90-lvscare.conf',
      'ctr -n k8s.io images import /opt/images.tar',
      'sh hosts /etc/hosts 10.103.97.2 apiserver.cluster.local',
      'lvscare care --vs 10.103.97.2:6443 --ip 192.168.72.53 --rs 192.168.72.50:6443 --rs 192.168.72.51:6443 --rs 192.168.72.52:6443 --run-once',
      'systemctl daemon-reload',
      'systemctl enable lvscare-rule.service',
    ])
    expect(programs({}, 'after')).toEqual([])
  })

  it('has only the name for a control plane', () => {
    expect(programs({ role: 'control-plane' }, 'before')).toEqual([
      'sh hosts /etc/hosts 192.168.72.50 apiserver.cluster.local',
    ])
    expect(programs({ role: 'control-plane' }, 'after')).toEqual([
      'sh hosts /etc/hosts 192.168.72.53 apiserver.cluster.local',
    ])
  })

  it('shows no secret to who lists processes', () => {
    const guard = { 'health-req-headers': 'authorization=Bearer x', 'health-req-body': 'y' }
    expect(JSON.stringify(buildNodeCommands(configOf({ guard }), { phase: 'before' }))).not.toContain(
      'health-req',
    )
  })
})

describe('shellLine', () => {
  it('is what a shell makes the same words of', () => {
    const words = fc.array(
      fc.oneof(nastyText, fc.string()).filter((word) => !word.includes('\0')),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(words, (argv) => {
        const line = shellLine(['printf', '%s\\0', '', ...argv])
        const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
        expect(stdout.split('\0').slice(1, -1)).toEqual(argv)
      }),
      { numRuns: 40 },
    )
  })
})

describe('toCloudInit and toClusterApi', () => {
  it('say the same as files and commands', () => {
    fc.assert(
      fc.property(guardedConfigs, (raw) => {
        const config = { ...raw, nodeAddress: raw.nodeAddress ?? '198.51.100.1' }
        const files = buildNodeFiles(config).map(({ path, mode, content }) => ({
          path,
          owner: 'root:root',
          permissions: mode === 0o600 ? '0600' : '0644',
          content,
        }))
        const text = toCloudInit(config)
        expect(text.startsWith('#cloud-config\n')).toBe(true)
        const runcmd = buildNodeCommands(config, { phase: 'before' })
        for (const version of ['1.1', '1.2'] as const) {
          const read: unknown = parse(text, { version })
          expect(read).toEqual(files.length > 0 ? { write_files: files, runcmd } : { runcmd })
        }
        const { files: same, preKubeadmCommands, postKubeadmCommands } = toClusterApi(config)
        expect(same).toEqual(files)
        expect(preKubeadmCommands).toEqual(runcmd.map(shellLine))
        expect(postKubeadmCommands).toEqual(buildNodeCommands(config, { phase: 'after' }).map(shellLine))
      }),
    )
  })

  it('have a line for the name that works in a shell', () => {
    const line = toClusterApi(configOf({ role: 'control-plane' })).postKubeadmCommands[0] ?? ''
    const script = `set -e; d=$(mktemp -d); cp /dev/null $d/hosts; ${line.replace('/etc/hosts', '$d/hosts')}; cat $d/hosts; rm -r $d`
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout).toBe(hostsText('', [{ address: '192.168.72.53', name: 'apiserver.cluster.local' }]))
  })
})
