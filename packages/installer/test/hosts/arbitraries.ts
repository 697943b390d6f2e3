import fc from 'fast-check'
import { BLOCK_BEGIN, BLOCK_END, type HostsLine } from '../../src/hosts/block.ts'

/** Pieces of which real and broken hosts files are made, our markers and what looks like them among them. */
const SHARDS = [
  '127.0.0.1 localhost',
  '::1\tlocalhost ip6-localhost',
  '10.0.0.9 apiserver.cluster.local registry # old',
  '# comment',
  '\0',
  '\xff\xfe',
  '\xef\xbb\xbf',
  ' ',
  '\t',
  '\r',
  '\r\n',
  '\n',
  '\n\n',
]

const MARKERS = [
  BLOCK_BEGIN,
  BLOCK_END,
  '# BEGIN lvscare-installer',
  `${BLOCK_END}\r`,
  ` ${BLOCK_BEGIN}`,
  `${BLOCK_END}.`,
  '# BEGIN lvscare-installer-2: x',
]

/** Any bytes, as one letter each. */
const bytes = fc.uint8Array({ maxLength: 40 }).map((list) => Buffer.from(list).toString('latin1'))

/** The text of a hosts file without a marker of ours. */
export const foreignText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...SHARDS), bytes), { maxLength: 20 })
  .map((shards) => shards.join(''))

/** The text of a hosts file in which our markers may stand anywhere. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...SHARDS), fc.constantFrom(...MARKERS), fc.constant('\n'), bytes), {
    maxLength: 30,
  })
  .map((shards) => shards.join(''))

/** What is to be in the block. */
export const hostsLines: fc.Arbitrary<HostsLine[]> = fc.array(
  fc.record({
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    name: fc.constantFrom('apiserver.cluster.local', 'api', 'lvscare.node.ip'),
  }),
  { maxLength: 3 },
)
