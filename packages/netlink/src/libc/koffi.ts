import { createRequire } from 'node:module'
import { type CFunctions, libcFromFunctions } from './functions.ts'
import type { Libc } from './libc.ts'

/** What is used of koffi 3. */
interface Koffi {
  load(path: null): { func(prototype: string): (...args: never[]) => number }
  errno(): number
}

const PROTOTYPES: Record<keyof CFunctions, string> = {
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, void *address, uint32_t length)',
  connect: 'int connect(int fd, void *address, uint32_t length)',
  getsockname: 'int getsockname(int fd, void *address, void *length)',
  setsockopt: 'int setsockopt(int fd, int level, int option, void *value, uint32_t length)',
  getsockopt: 'int getsockopt(int fd, int level, int option, void *value, void *length)',
  // koffi has no ssize_t; long is as wide on every Linux ABI.
  send: 'long send(int fd, void *bytes, size_t length, int flags)',
  recv: 'long recv(int fd, void *buffer, size_t length, int flags)',
  setns: 'int setns(int fd, int kind)',
  close: 'int close(int fd)',
}

/** The default binding; throws whatever `require('koffi')` throws. */
export function koffiLibc(): Libc {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi
  // null is the running process itself: node is linked with its libc, be that glibc or musl.
  const library = koffi.load(null)
  const functions = Object.fromEntries(
    Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)]),
  ) as unknown as CFunctions
  return libcFromFunctions('koffi', functions, () => koffi.errno())
}
