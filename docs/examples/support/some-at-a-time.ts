/** How many are worked on at the same time: what they get goes over one line, and through one memory. */
const AT_A_TIME = 5

/** Does the same for each, some at a time. After a failure no further one is begun; it rejects with it when the others are done. */
export async function someAtATime<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  // Everybody takes from the same iterator, so each item is taken once.
  const left = items.values()
  const failures: unknown[] = []
  const workOn = async (): Promise<void> => {
    for (const item of left) {
      if (failures.length > 0) return
      await work(item).catch((error: unknown) => void failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, workOn))
  if (failures.length > 0) throw failures[0]
}
