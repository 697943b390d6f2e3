import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ROOT } from '../contract/support/documents.ts'

const folder = mkdtempSync(join(tmpdir(), 'lvscare-image-script-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The script asks for root before anything else. */
const IS_ROOT = process.getuid?.() === 0
if (!IS_ROOT) console.warn('skipped: how scripts/image.sh fails (it needs root)')

/** Programs in the place of buildah and node: each fails when its command line has the words of FAILS, and else does next to nothing. */
const PROGRAMS = {
  buildah: `case " $* " in
  *" from "*) echo container ;;
  *" commit "*) mkdir -p "$TMPDIR/oci" ;;
esac`,
  node: `case $1 in
  scripts/image/names.mjs) exec "$NODE" "$@" ;;
  scripts/image/fill-root.mjs) : >"$3" ;;
esac`,
}

const programs = join(folder, 'bin')
mkdirSync(programs)
for (const [name, script] of Object.entries(PROGRAMS)) {
  const path = join(programs, name)
  writeFileSync(path, `#!/bin/sh\ncase " $* " in *" $FAILS "*) exit 9 ;; esac\n${script}\n`)
  chmodSync(path, 0o755)
}

/** How the script ends when the commands with these words fail, and which files it leaves. */
function made(fails: string): { ok: boolean; files: string[] } {
  const dist = mkdtempSync(join(folder, 'dist-'))
  const { status } = spawnSync('bash', ['scripts/image.sh'], {
    cwd: ROOT,
    env: {
      PATH: `${programs}:${process.env['PATH']}`,
      NODE: process.execPath,
      FAILS: fails,
      LVSCARE_IMAGE_DIST: dist,
      LVSCARE_CACHE: join(folder, 'cache'),
    },
  })
  return { ok: status === 0, files: readdirSync(dist).map((file) => file.split('.').slice(-2).join('.')) }
}

describe.skipIf(!IS_ROOT)('scripts/image.sh', () => {
  it('leaves an archive and a list when everything goes well', () => {
    expect(made('nothing')).toEqual({ ok: true, files: expect.arrayContaining(['oci.tar', 'cdx.json']) })
  })

  it.each([
    'from',
    'copy',
    'config --arch',
    'config --entrypoint',
    'commit',
    'scripts/build.mjs',
    'scripts/image/names.mjs labels',
  ])('ends with an error and leaves nothing when "%s" fails', (words) => {
    expect(made(words)).toEqual({ ok: false, files: [] })
  })
})
