/** A program that a line of shell starts. */
export interface Command {
  /** Variables that it alone gets. */
  readonly environment: Readonly<Record<string, string>>
  readonly words: readonly string[]
}

/** Words that begin or end something and start no program. */
const KEYWORDS = new Set(['if', 'then', 'else', 'fi', 'for', 'while', 'do', 'done', '{', '}', '!'])

const TOKEN =
  /(?<blank>[ \t]+|\\\n|(?<=^|\s)#[^\n]*)|(?<redirect>\d*(?:>>|>&|<<<|>|<)[ \t]*)|(?<end>\n|;;|;|&&|\|\||\||&)|(?<word>(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\([^()]*\)|[^\s;&|<>\\'"])+)/gmy

/** The programs that a script starts, in their order, and those of `$(...)` after them. What it cannot read it refuses. */
export function commandsOf(script: string): Command[] {
  const commands: string[][] = [[]]
  let isTarget = false
  for (const { kind, text } of tokens(withoutHereDocuments(script))) {
    if (kind === 'end') commands.push([])
    if (kind === 'redirect') isTarget = true
    if (kind !== 'word') continue
    if (!isTarget) commands.at(-1)?.push(text)
    isTarget = false
  }
  const inner = [...script.matchAll(/\$\(([^()]*)\)/g)].flatMap(([, text = '']) => commandsOf(text))
  return [...commands.flatMap((words) => commandOf(words)), ...inner]
}

function* tokens(script: string): Generator<{ kind: string; text: string }> {
  let read = 0
  for (const match of script.matchAll(TOKEN)) {
    read = match.index + match[0].length
    const [kind = '', text = ''] =
      Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? []
    yield { kind, text }
  }
  if (read !== script.length) throw new Error(`this shell cannot be read: ${script.slice(read, read + 40)}`)
}

function withoutHereDocuments(script: string): string {
  return script.replaceAll(/<<-?\s*(['"]?)(\w+)\1([^\n]*)\n[\s\S]*?\n\2(?=\n|$)/g, '$3')
}

function commandOf(words: readonly string[]): Command[] {
  const started = words.slice(words.findLastIndex((word, at) => isKeyword(words, word, at)) + 1)
  const first = started.findIndex((word) => !/^\w+=/.test(word))
  const environment = Object.fromEntries(
    started.slice(0, first === -1 ? undefined : first).map((word) => {
      const [name = '', ...value] = word.split('=')
      return [name, unquoted(value.join('='))]
    }),
  )
  return first === -1 ? [] : [{ environment, words: started.slice(first).map(unquoted) }]
}

/** Only at the begin: `echo done` is none. */
function isKeyword(words: readonly string[], word: string, at: number): boolean {
  return KEYWORDS.has(word) && words.slice(0, at).every((before) => KEYWORDS.has(before))
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_, single, double, escaped) =>
    String(single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped),
  )
}
