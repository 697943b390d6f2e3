import { TcpStateNumber } from './constants.ts'

/** The state of a TCP socket as the kernel calls it; `STATE-13` for a number that has no name here. */
export type TcpState = keyof typeof TcpStateNumber | `STATE-${number}`

/** The word for a state's number; never fails, for newer kernels have more of them. */
export function tcpState(number: number): TcpState {
  return WORDS.get(number) ?? `STATE-${number}`
}

/** The bits of these states as a filter has them; throws RangeError for a word that is none or has no bit. */
export function stateBits(states: readonly TcpState[]): number {
  return states.reduce((bits, state) => bits | bitsOf(state), 0) >>> 0
}

/** Every state that has a name here. */
export const TCP_STATES: readonly TcpState[] = Object.keys(TcpStateNumber) as TcpState[]

const WORDS: ReadonlyMap<number, TcpState> = new Map(
  Object.entries(TcpStateNumber).map(([name, number]) => [number, name as TcpState]),
)

function bitsOf(state: TcpState): number {
  // What is listed as SYN_RECV has the other number among the kernel's own, and only that is compared with the filter.
  if (state === 'SYN_RECV') return bit(TcpStateNumber.SYN_RECV) | bit(TcpStateNumber.NEW_SYN_RECV)
  for (const [number, word] of WORDS) if (word === state) return bit(number)
  const digits = /^STATE-(\d+)$/.exec(state)?.[1]
  const number = digits === undefined ? Number.NaN : Number(digits)
  if (number < 32) return bit(number)
  throw new RangeError(`"${state}" is not a state of a TCP socket`)
}

function bit(number: number): number {
  return 1 << number
}
