// What Debian knows of a file: its package, version and copyright.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'

/** The Debian package of a file, or `undefined` where no package has it. */
export function packageOf(file) {
  for (const path of spellings(file)) {
    const { status, stdout } = spawnSync('dpkg', ['-S', path], { encoding: 'utf8' })
    const name = status === 0 ? /^([^\s,:]+)/.exec(stdout)?.[1] : undefined
    if (name !== undefined) return described(name)
  }
  return undefined
}

/** /lib is a link to /usr/lib, and packages may name either. */
function spellings(file) {
  return file.startsWith('/usr/') ? [file, file.slice('/usr'.length)] : [file, `/usr${file}`]
}

function described(name) {
  const fields = ['Package', 'Version', 'Architecture', 'Source']
  const format = fields.map((field) => `\${${field}}`).join('\n')
  const [, version, architecture, source] = execFileSync('dpkg-query', ['-W', `-f=${format}\n\n`, name], {
    encoding: 'utf8',
  }).split('\n')
  return {
    name,
    version,
    architecture,
    source: source || name,
    ...distribution(),
    copyright: copyrightOf(name),
  }
}

function copyrightOf(name) {
  return realpathSync(`/usr/share/doc/${name}/copyright`)
}

function distribution() {
  const text = readFileSync('/etc/os-release', 'utf8')
  const value = (key) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? 'unknown'
  return { vendor: value('ID'), distro: `${value('ID')}-${value('VERSION_ID')}` }
}
