import { codeOf, messageOf } from '../../errors.ts'
import { type Seen, saw, unseen } from '../facts.ts'

/** What a look at something gives, or why it gives nothing: one thing that cannot be seen hides no other. */
export function attempt<T>(look: () => T): Seen<T> {
  try {
    return saw(look())
  } catch (error) {
    return unseen(messageOf(error), codeOf(error))
  }
}

/** The same for a look that takes time. */
export async function attemptLater<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return saw(await look())
  } catch (error) {
    return unseen(messageOf(error), codeOf(error))
  }
}
