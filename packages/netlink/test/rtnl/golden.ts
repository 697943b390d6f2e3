import { type Message, readMessages } from '../../src/index.ts'
import { parseHex } from '../../src/testing/index.ts'

/** One message captured on the wire (kernels 6.1 and 6.12); its flags and sequence stand in it. */
export function golden(text: string): Message {
  const [message] = readMessages(parseHex(text))
  if (message === undefined) throw new Error('no message in the capture')
  return message
}
