import { expect, it } from 'vitest'
import { doing } from '../../src/host/failure.ts'

it.each([
  ['EACCES', 'this node: cannot write /etc/hosts: EACCES: permission denied (root is needed)'],
  ['EPERM', 'this node: cannot write /etc/hosts: EPERM: permission denied (root is needed)'],
  ['ENOSPC', 'this node: cannot write /etc/hosts: ENOSPC: permission denied'],
])('says what is needed for %s', async (code, message) => {
  const error = Object.assign(new Error(`${code}: permission denied`), { code })
  const work = (): Promise<void> => Promise.reject(error)
  await expect(doing('this node', 'write /etc/hosts', work)).rejects.toMatchObject({ message, cause: error })
})
