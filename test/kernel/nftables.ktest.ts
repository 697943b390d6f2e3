import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  counter,
  DecodeError,
  defaultLibc,
  isNetlinkError,
  KernelError,
  type Libc,
  masquerade,
  matchOriginalDestination,
  matchOriginalPort,
  matchProtocol,
  matchSource,
  Nftables,
  type NftChain,
  type NftTable,
  NoSubsystemError,
  sameTable,
} from '@lvscare/netlink'
import { exec, execWith } from '../lab/exec.ts'
import { waitFor } from '../lab/wait.ts'

// The program nft is the judge: what it prints of a table that we made, and what we read of one that it has changed.

const NAME = 'lvstest-1'
const FOREIGN = `
table inet foreign {
	set blocked {
		type ipv4_addr
		elements = { 192.0.2.66 }
	}
	chain input {
		type filter hook input priority filter; policy accept;
		ip saddr @blocked counter drop
	}
}
table ip foreign-nat {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 counter masquerade
	}
	chain empty {
	}
}
table ip6 foreign-nat {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
	}
}
`

interface Case {
  /** The family as nft calls it. */
  readonly word: 'ip' | 'ip6'
  readonly table: NftTable
  /** The rule as nft prints it. */
  readonly rule: string
}

function caseOf(word: Case['word'], address: string, spared: string): Case {
  const rule = [
    ...matchOriginalDestination(address),
    ...matchSource(spared, 'neq'),
    ...matchProtocol(6),
    ...matchOriginalPort(6443),
    counter(),
    masquerade(),
  ]
  const base = { type: 'nat', hook: 'postrouting', priority: 100 } as const
  const chain: NftChain = { name: 'postrouting', base, rules: [rule] }
  return {
    word,
    table: { family: word === 'ip' ? 'inet' : 'inet6', name: NAME, chains: [chain] },
    rule:
      `ct original ${word} daddr ${address} ${word} saddr != ${spared} meta l4proto tcp ` +
      'ct original proto-dst 6443 counter packets 0 bytes 0 masquerade',
  }
}

const CASES: readonly Case[] = [
  caseOf('ip', '10.99.0.1', '10.0.0.1'),
  caseOf('ip6', 'fd00:99::1', 'fd00:10::1'),
]
const [IPV4 = caseOf('ip', '10.99.0.1', '10.0.0.1')] = CASES

let nft: Nftables

/** `nft list ruleset` with the handles, which are others after anything was made again. */
function ruleset(): string {
  return exec('nft', '-a', 'list', 'ruleset')
}

function listed({ word }: Case): string {
  return exec('nft', 'list', 'table', word, NAME)
}

/** What we read of the table. */
function found({ table }: Case): NftTable {
  const read = nft.table(table.family, NAME)
  assert.ok(read)
  return read
}

function isAsWanted(one: Case): boolean {
  return sameTable(found(one), one.table)
}

/** Asserts that the kernel refuses with `errno`, and that the error says of what. */
function refuses(errno: string, text: RegExp, call: () => unknown): void {
  assert.throws(
    call,
    (error) => error instanceof KernelError && error.errno === errno && text.test(error.message),
  )
}

/** A libc on which something is done to each batch, which is the only datagram with more than one message. */
function onBatch(change: (batch: Uint8Array) => Uint8Array): Libc {
  const libc = defaultLibc()
  return {
    ...libc,
    send: (fd, bytes, flags) => {
      const isBatch = Buffer.from(bytes).readUInt32LE(0) < bytes.length
      libc.send(fd, isBatch ? change(bytes) : bytes, flags)
      return bytes.length
    },
  }
}

// In a suite of its own: what is made before it must not be there for the files before this one.
describe('nftables', () => {
  before(() => {
    nft = Nftables.open()
    execWith(FOREIGN, 'nft', '-f', '/dev/stdin')
  })
  after(() => {
    nft.close()
    for (const table of ['inet foreign', 'ip foreign-nat', 'ip6 foreign-nat']) {
      exec('nft', 'delete', 'table', ...table.split(' '))
    }
  })
  afterEach(() => {
    for (const { table } of CASES) nft.deleteTable(table.family, table.name)
  })

  for (const one of CASES) {
    const { word, table } = one

    describe(`a table of ${word}`, () => {
      it('is made, and nft prints what was meant', () => {
        const before = ruleset()
        assert.equal(nft.table(table.family, NAME), undefined)
        nft.replaceTable(table)
        const lines = listed(one)
          .trim()
          .split('\n')
          .map((line) => line.trim())
        assert.deepEqual(lines, [
          `table ${word} ${NAME} {`,
          'chain postrouting {',
          'type nat hook postrouting priority srcnat; policy accept;',
          one.rule,
          ...['}', '}'],
        ])
        assert.ok(isAsWanted(one))
        assert.equal(ruleset().startsWith(before.trimEnd()), true, 'the tables of others are what they were')
        assert.deepEqual(nft.tables(table.family).sort(), ['foreign-nat', NAME])
      })

      it('is replaced by one commit, and the tables of others are untouched', () => {
        const before = ruleset()
        nft.replaceTable(table)
        exec('nft', 'add', 'rule', word, NAME, 'postrouting', 'drop')
        const generation = nft.generation()
        nft.replaceTable(table)
        assert.equal(nft.generation(), generation + 1)
        assert.ok(isAsWanted(one))
        assert.equal(nft.deleteTable(table.family, NAME), true)
        assert.equal(ruleset(), before)
      })

      it('is deleted, and deleted again', () => {
        nft.replaceTable(table)
        assert.equal(nft.deleteTable(table.family, NAME), true)
        const generation = nft.generation()
        assert.equal(nft.deleteTable(table.family, NAME), false)
        assert.equal(nft.generation(), generation)
        assert.throws(() => listed(one), /No such file or directory/)
      })

      const changes: ReadonlyArray<readonly [string, string]> = [
        ['a rule more', `add rule ${word} ${NAME} postrouting counter`],
        ['a rule in front', `insert rule ${word} ${NAME} postrouting return`],
        ['no rule', `flush chain ${word} ${NAME} postrouting`],
        ['no rule in the whole table', `flush table ${word} ${NAME}`],
        ['a chain more', `add chain ${word} ${NAME} mine`],
        [
          'a chain more that is called',
          `add chain ${word} ${NAME} mine { type filter hook output priority 0; policy drop; }`,
        ],
        ['no chain', `flush table ${word} ${NAME}; delete chain ${word} ${NAME} postrouting`],
        ['no effect', `add table ${word} ${NAME} { flags dormant; }`],
      ]
      for (const [what, command] of changes) {
        it(`with ${what} is not as wanted, and is again when it was replaced`, () => {
          nft.replaceTable(table)
          const generation = nft.generation()
          exec('nft', command)
          assert.notEqual(nft.generation(), generation)
          assert.equal(isAsWanted(one), false)
          nft.replaceTable(table)
          assert.ok(isAsWanted(one))
          assert.match(
            listed(one),
            new RegExp(`srcnat; policy accept;\\s+${one.rule.replaceAll('!', '\\!')}\\s+}\\s+}\\s*$`),
          )
          assert.doesNotMatch(listed(one), /dormant/)
        })
      }

      it('in which a rule was replaced is not as wanted', () => {
        nft.replaceTable(table)
        const handle = / # handle (\d+)/.exec(
          exec('nft', '-a', 'list', 'chain', word, NAME, 'postrouting').split('masquerade')[1] ?? '',
        )
        const changed = one.rule.replace('6443', '6444')
        exec('nft', `replace rule ${word} ${NAME} postrouting handle ${handle?.[1]} ${changed}`)
        assert.equal(isAsWanted(one), false)
        exec('nft', `delete rule ${word} ${NAME} postrouting handle ${handle?.[1]}`)
        assert.equal(isAsWanted(one), false)
      })

      it('made by nft of the same words is the same', () => {
        const chain = 'type nat hook postrouting priority srcnat; policy accept;'
        execWith(
          `table ${word} ${NAME} {\n chain postrouting {\n ${chain}\n ${one.rule}\n }\n}\n`,
          'nft',
          '-f',
          '/dev/stdin',
        )
        assert.ok(isAsWanted(one))
      })
    })
  }

  describe('a table', () => {
    it('of several chains and rules reads as it was made, among many chains of others', () => {
      const lines = Array.from({ length: 2000 }, (_, index) => `add chain ip many chain-${index}`)
      execWith(`add table ip many\n${lines.join('\n')}\n`, 'nft', '-f', '/dev/stdin')
      const [chain] = IPV4.table.chains
      const table: NftTable = {
        ...IPV4.table,
        chains: [
          {
            name: 'filter',
            base: { type: 'filter', hook: 'input', priority: -5, policy: 'drop' },
            rules: [],
          },
          { name: 'empty', rules: [] },
          ...(chain === undefined
            ? []
            : [{ ...chain, rules: [...chain.rules, [counter()], ...chain.rules] }]),
        ],
      }
      nft.replaceTable(table)
      assert.ok(sameTable(found(IPV4), table))
      assert.match(listed(IPV4), /type filter hook input priority filter - 5; policy drop;/)
      exec('nft', 'delete', 'table', 'ip', 'many')
    })

    it('counts, and is the same', async () => {
      exec('ip', 'link', 'set', 'lo', 'up')
      const [chain] = IPV4.table.chains
      const rules = [[counter()]]
      const table: NftTable = { ...IPV4.table, chains: [{ name: 'postrouting', ...chain, rules }] }
      nft.replaceTable(table)
      const { createSocket } = await import('node:dgram')
      const socket = createSocket('udp4')
      await new Promise((resolve) => socket.send('x', 9, '127.0.0.1', resolve))
      socket.close()
      const [counted] = await waitFor('a packet', 20_000, () => {
        const rule = found(IPV4).chains[0]?.rules[0]
        return rule?.[0]?.kind === 'counter' && rule[0].packets > 0n && rule
      })
      assert.equal(counted?.kind === 'counter' && counted.bytes >= 29n, true)
      assert.ok(sameTable(found(IPV4), table))
    })

    it('that is replaced is never away: one generation has all of it', async () => {
      nft.replaceTable(IPV4.table)
      const monitor = spawn('nft', ['monitor'], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      monitor.stdout.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
      try {
        // Until it listens, nobody tells it anything.
        await waitFor('nft monitor', 20_000, () => {
          nft.replaceTable(IPV4.table)
          return text.includes('new generation')
        })
        const generation = nft.generation() + 1
        nft.replaceTable(IPV4.table)
        await waitFor('the commit', 20_000, () => text.includes(`# new generation ${generation} `))
      } finally {
        monitor.kill()
        await once(monitor, 'close')
      }
      const commits = text.split(/^# new generation .*$/m).slice(1, -1)
      assert.ok(commits.length > 0)
      for (const commit of commits) {
        const lines = commit.trim().split('\n')
        assert.ok(lines.includes(`delete table ip ${NAME}`), commit)
        assert.ok(lines.includes(`add table ip ${NAME}`), commit)
        assert.ok(
          lines.some((line) => line.startsWith(`add rule ip ${NAME} postrouting ct original`)),
          commit,
        )
      }
    })
  })

  describe('what the kernel refuses', () => {
    const [chain] = IPV4.table.chains
    const base = { type: 'nat', hook: 'postrouting', priority: 100 } as const

    it('in the middle of a batch changes nothing, and the error names it', () => {
      nft.replaceTable(IPV4.table)
      const before = ruleset()
      const wrong: ReadonlyArray<readonly [errno: string, text: RegExp, chains: readonly NftChain[]]> = [
        [
          'ENOENT',
          /refused NEWCHAIN lvstest-1 second with ENOENT/,
          [...IPV4.table.chains, { name: 'second', base: { ...base, type: 'nonesuch' }, rules: [] }],
        ],
        [
          'EOPNOTSUPP',
          /refused NEWCHAIN lvstest-1 forward/,
          [{ name: 'forward', base: { ...base, hook: 'forward' }, rules: [] }],
        ],
        [
          'EOPNOTSUPP',
          /refused NEWRULE 2 of lvstest-1 postrouting/,
          [{ name: 'postrouting', base: { ...base, type: 'filter' }, rules: [[counter()], [masquerade()]] }],
        ],
      ]
      for (const [errno, text, chains] of wrong) {
        refuses(errno, text, () => nft.replaceTable({ ...IPV4.table, chains }))
        assert.equal(ruleset(), before)
      }
      assert.ok(isAsWanted(IPV4))
      assert.ok(chain)
    })

    it('without privilege is everything, and each says EPERM', () => {
      const denied = Nftables.open()
      process.seteuid?.(65534)
      try {
        for (const call of [
          () => denied.generation(),
          () => denied.tables('inet'),
          () => denied.table('inet', NAME),
          () => denied.replaceTable(IPV4.table),
          () => denied.deleteTable('inet', NAME),
        ]) {
          refuses('EPERM', /EPERM/, call)
        }
      } finally {
        process.seteuid?.(0)
      }
      denied.close()
      assert.equal(nft.table('inet', NAME), undefined)
    })
  })

  describe('a batch', () => {
    it('that somebody else was faster than is made again', () => {
      let races = 3
      const racing = Nftables.open({
        libc: onBatch((batch) => {
          if (races > 0) exec('nft', 'add', 'chain', 'ip', 'foreign-nat', `race-${races}`)
          races -= 1
          return batch
        }),
      })
      racing.replaceTable(IPV4.table)
      racing.close()
      assert.equal(races, -1)
      assert.ok(isAsWanted(IPV4))
      for (const race of [1, 2, 3]) exec('nft', 'delete', 'chain', 'ip', 'foreign-nat', `race-${race}`)
    })

    it('that always loses says ERESTART', () => {
      let race = 0
      const racing = Nftables.open({
        libc: onBatch((batch) => {
          race += 1
          exec('nft', race % 2 === 1 ? 'add' : 'delete', 'chain', 'ip', 'foreign-nat', 'race')
          return batch
        }),
      })
      refuses('ERESTART', /the batch/, () => racing.replaceTable(IPV4.table))
      racing.close()
      assert.equal(race, 10)
      assert.equal(nft.table('inet', NAME), undefined)
    })

    it('without its end is acknowledged by the kernel, has no effect, and is an error', () => {
      const END_BYTES = 20
      const endless = Nftables.open({ libc: onBatch((batch) => batch.subarray(0, -END_BYTES)) })
      assert.throws(
        () => endless.replaceTable(IPV4.table),
        (error) => error instanceof DecodeError && /expected a new generation/.test(error.message),
      )
      endless.close()
      assert.equal(nft.table('inet', NAME), undefined)
    })
  })

  const skip = process.env['LVSCARE_SUITE_ON'] === 'host' && 'it unloads modules of the machine it runs on'

  describe('a kernel without nf_tables', { skip }, () => {
    const MODPROBE = '/proc/sys/kernel/modprobe'
    let modprobe: string

    /** The modules that stand on one, the topmost first. */
    function usersOf(module: string): string[] {
      const [, users = ''] =
        new RegExp(`^${module} \\S+ \\S+ (\\S+)`, 'm').exec(readFileSync('/proc/modules', 'utf8')) ?? []
      const names = users.split(',').filter((name) => name !== '' && name !== '-')
      return names.flatMap((name) => [...usersOf(name), name])
    }

    before(() => {
      nft.close()
      exec('nft', 'flush', 'ruleset')
      for (const module of new Set([...usersOf('nf_tables'), 'nf_tables'])) exec('rmmod', module)
      modprobe = readFileSync(MODPROBE, 'utf8')
      writeFileSync(MODPROBE, '/bin/false')
    })
    after(() => {
      writeFileSync(MODPROBE, modprobe)
      execWith(FOREIGN, 'nft', '-f', '/dev/stdin')
    })

    it('has nothing to read and nothing to delete, and the rest says so', () => {
      assert.deepEqual(nft.tables('inet'), [])
      assert.equal(nft.table('inet', NAME), undefined)
      assert.equal(nft.deleteTable('inet', NAME), false)
      for (const call of [() => nft.generation(), () => nft.replaceTable(IPV4.table)]) {
        assert.throws(call, (error) => error instanceof NoSubsystemError && isNetlinkError(error))
      }
    })

    it('that gets it goes on with the same client', () => {
      writeFileSync(MODPROBE, modprobe)
      nft.replaceTable(IPV4.table)
      assert.ok(isAsWanted(IPV4))
    })
  })
})
