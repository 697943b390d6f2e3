/** Letters that stand behind a backslash (systemd.service(5), "Command lines"). */
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
}

/**
 * The words of a command line as systemd reads them, by its manual; throws for what it would not take or take for more
 * than a word.
 */
export function systemdWords(line: string): string[] {
  const words: string[] = []
  let rest = line
  while (rest !== '') {
    const { word, length } = rest.startsWith('"') ? quotedWord(rest) : plainWord(rest)
    if (word === ';') throw new Error('begins another command')
    words.push(withoutVariables(withoutSpecifiers(word)))
    rest = rest.slice(length)
    if (rest !== '' && !rest.startsWith(' ')) throw new Error(`something follows a quote: ${rest}`)
    rest = rest.slice(1)
  }
  return words
}

function plainWord(text: string): { word: string; length: number } {
  const [word = ''] = /^[^ ]*/.exec(text) ?? []
  if (word === '' || /["'\\]/.test(word)) throw new Error(`needs quotes: ${word}`)
  return { word, length: word.length }
}

function quotedWord(text: string): { word: string; length: number } {
  let word = ''
  for (let at = 1; at < text.length; at += 1) {
    const letter = text[at] ?? ''
    if (letter === '"') return { word: word === ';' ? '\0;' : word, length: at + 1 }
    if (letter !== '\\') {
      if (letter < ' ') throw new Error('has a control character')
      word += letter
      continue
    }
    const octet = /^x([\da-f]{2})/.exec(text.slice(at + 1))?.[1]
    const meant =
      octet === undefined ? ESCAPES[text[at + 1] ?? ''] : String.fromCharCode(Number.parseInt(octet, 16))
    if (meant === undefined) throw new Error(`has no escape \\${text[at + 1]}`)
    word += meant
    at += octet === undefined ? 1 : 3
  }
  throw new Error('has no end')
}

function withoutSpecifiers(word: string): string {
  return word.replace(/%(.?)/gs, (_found, letter: string) => {
    if (letter !== '%') throw new Error(`has the specifier %${letter}`)
    return '%'
  })
}

function withoutVariables(word: string): string {
  return word.replace(/^\0;$/, ';').replace(/\$(.?)/gs, (_found, letter: string) => {
    if (letter !== '$') throw new Error(`has the variable $${letter}`)
    return '$'
  })
}
