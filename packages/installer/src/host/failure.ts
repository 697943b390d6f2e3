import { codeOf, messageOf } from 'lvscare'
import { HostError } from '../errors.ts'

/** Runs `work`; what it throws becomes a {@link HostError} that says what could not be done, and where. */
export async function doing<T>(host: string, what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HostError) throw error
    throw new HostError(`${host}: cannot ${what}: ${messageOf(error)}${advice(error)}`, { cause: error })
  }
}

/** Nearly always it is that; a file that even root may not change is rare enough to be understood all the same. */
function advice(error: unknown): string {
  return codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM' ? ' (root is needed)' : ''
}

/** The same for paths, which must be whole: what `.` is to a node is nobody's business. */
export async function doingTo<T>(
  host: string,
  verb: string,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  return await doing(host, `${verb} ${path}`, async () => {
    if (!path.startsWith('/') || path.includes('\0') || path.split('/').includes('..'))
      throw new Error('the path must be absolute, without ".."')
    return await work()
  })
}

/** The error for what a signal ended. */
export function aborted(reason: unknown): Error {
  return new Error('it was ended, because the work was stopped', { cause: reason })
}
