import type { Random } from '../lab/random.ts'
import { int } from './mutate.ts'

const WORDS = [
  '',
  ' ',
  '\t',
  '\n',
  '\0',
  '\u001b[2J',
  '-1',
  '0',
  '1e999',
  'null',
  '[',
  '{',
  '"',
  '#',
  '127.0.0.1',
  'FFFFFFFF',
  '\u{1f4a3}',
]

/** A text as nobody would write it: cut, doubled, with other words and characters in it. */
export function mutateText(text: string, random: Random): string {
  let result = text
  for (let times = 1 + int(random, 4); times > 0; times -= 1) {
    const [from, to] = [int(random, result.length + 1), int(random, result.length + 1)].sort((a, b) => a - b)
    const [before, inside, after] = [result.slice(0, from), result.slice(from, to), result.slice(to)]
    result = random.pick([
      () => before + after,
      () => before + inside.slice(0, 200) + inside + after,
      () => before + random.pick(WORDS) + inside + after,
      () => before + random.pick(WORDS) + after,
      () => before + String.fromCharCode(int(random, 256)) + inside.slice(1) + after,
      () => before + '['.repeat(2000) + after,
    ])()
  }
  return result
}
