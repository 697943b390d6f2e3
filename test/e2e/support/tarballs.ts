import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where this repository is. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url))

/** The folders of the packages and their names, from the lowest layer to the highest. */
export const PACKAGES = {
  netlink: '@lvscare/netlink',
  ipvs: '@lvscare/ipvs',
  lvscare: 'lvscare',
  installer: '@lvscare/installer',
} as const

/** A folder of one of the four packages. */
export type PackageFolder = keyof typeof PACKAGES

/** What a package.json of ours says. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly [field: string]: unknown
}

/** The package.json in a folder of this repository. */
export function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
}

/** Runs a program to its end in a folder and returns what it printed; throws with all it said when it fails. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`)
  return stdout
}

/** A new folder for tests, apart from the repository. */
export function temporary(name: string): string {
  return mkdtempSync(join(tmpdir(), `lvscare-${name}-`))
}

/** Packs the four packages as they would be published, and returns the path of each tarball. */
export function packAll(folder: string): Record<PackageFolder, string> {
  const printed = run(process.execPath, ['scripts/pack.mjs', folder], ROOT).trim().split('\n')
  const { version } = manifest('.')
  const tarball = (name: string): string => {
    const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`
    const path = printed.find((one) => basename(one) === file)
    if (path === undefined) throw new Error(`pack.mjs made no ${file}, but ${printed.join(', ')}`)
    return path
  }
  return {
    netlink: tarball(PACKAGES.netlink),
    ipvs: tarball(PACKAGES.ipvs),
    lvscare: tarball(PACKAGES.lvscare),
    installer: tarball(PACKAGES.installer),
  }
}

/** Installs tarballs in a folder that is a project of its own; `args` go to npm. */
export function install(
  folder: string,
  tarballs: readonly string[],
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  )
  return run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', ...args, ...tarballs],
    folder,
    env,
  )
}
