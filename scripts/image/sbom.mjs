// The list of what is in the image, as CycloneDX has it (https://cyclonedx.org/docs/1.5/json/). Without times and chance:
// the same image has the same list.

/** Numbers of interfaces, not of something that is inside; node itself has a component of its own. */
const NOT_INSIDE = new Set(['node', 'modules', 'napi'])

/** Names under which vulnerabilities are reported (CPE), where they cannot be guessed. */
const VENDORS = {
  node: 'nodejs:node.js',
  openssl: 'openssl:openssl',
  zlib: 'zlib:zlib',
  ares: 'c-ares:c-ares',
}

/** The document: `parts` as `contents` makes them, with a `sha256` for each file. */
export function sbom(parts, { name, version, architecture }) {
  const components = parts
    .map((part) => componentOf(part))
    .sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  const image = {
    type: 'container',
    'bom-ref': 'image',
    name,
    version,
    purl: `pkg:oci/${name}?arch=${architecture}`,
  }
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: image },
    components,
    dependencies: [{ ref: 'image', dependsOn: components.map((one) => one['bom-ref']) }, ...needs(parts)],
  }
}

function componentOf({ component, files }) {
  const inside = [...brought(component), ...files.map((file) => fileOf(component, file))]
  const described = { npm: npmComponent, debian: debianComponent, node: nodeComponent }[component.kind](
    component,
  )
  return { ...described, ...(inside.length > 0 ? { components: inside } : {}) }
}

/** A file, by the place it has in the image; a link has no content to take a hash of. */
function fileOf(component, { path, link, sha256 }) {
  return {
    type: 'file',
    'bom-ref': `${refOf(component)}#/${path}`,
    name: `/${path}`,
    ...(link === undefined
      ? { hashes: [{ alg: 'SHA-256', content: sha256 }] }
      : { properties: [{ name: 'lvscare:link', value: link }] }),
  }
}

function npmComponent(component) {
  const { name, version, license, integrity, scope } = component
  const isProgram = name === 'lvscare'
  return {
    type: isProgram ? 'application' : 'library',
    'bom-ref': refOf(component),
    name,
    version,
    purl: refOf(component),
    licenses: [/ (?:OR|AND|WITH) /.test(license) ? { expression: license } : { license: { id: license } }],
    ...(integrity === undefined ? {} : { hashes: [hashOf(integrity)] }),
    properties: [{ name: 'lvscare:part', value: scope }],
  }
}

/** Subresource integrity, as npm keeps it, in CycloneDX's words: it is of the package's archive in the registry. */
function hashOf(integrity) {
  const [algorithm = '', digest = ''] = integrity.split('-')
  const alg = { sha512: 'SHA-512', sha1: 'SHA-1' }[algorithm]
  if (alg === undefined) throw new Error(`an integrity that nobody knows: ${integrity}`)
  return { alg, content: Buffer.from(digest, 'base64').toString('hex') }
}

function debianComponent(component) {
  const { name, version, source, vendor } = component
  return {
    type: 'library',
    'bom-ref': refOf(component),
    supplier: { name: vendor },
    name,
    version,
    purl: refOf(component),
    licenses: [{ license: { name: `the file copyright of ${name}, in this image` } }],
    properties: [{ name: 'lvscare:source-package', value: source }],
  }
}

function nodeComponent(component) {
  const { name, version } = component
  return {
    type: 'application',
    'bom-ref': refOf(component),
    name,
    version,
    purl: refOf(component),
    cpe: cpe(name, version),
    licenses: [{ license: { name: 'the file LICENSE of node, in this image' } }],
  }
}

/** What node has compiled in, as it says itself. */
function brought({ brings = {}, ...component }) {
  return Object.entries(brings)
    .filter(([name]) => !NOT_INSIDE.has(name))
    .map(([name, version]) => ({
      type: 'library',
      'bom-ref': `${refOf(component)}#${name}`,
      name,
      version,
      purl: `pkg:generic/${name}@${encodeURIComponent(version)}`,
      ...(name in VENDORS ? { cpe: cpe(name, version) } : {}),
    }))
}

function cpe(name, version) {
  return `cpe:2.3:a:${VENDORS[name]}:${version}:*:*:*:*:*:*:*`
}

/** The package URL of a component, which is its name in the document too. */
function refOf({ kind, name, version, architecture, vendor, distro }) {
  const exact = encodeURIComponent(version)
  if (kind === 'npm') return `pkg:npm/${name.replace('@', '%40')}@${exact}`
  if (kind === 'debian') return `pkg:deb/${vendor}/${name}@${exact}?arch=${architecture}&distro=${distro}`
  return `pkg:generic/${name}@${exact}`
}

/** Who needs whom, of those that are inside. */
function needs(parts) {
  const refs = new Map(parts.map(({ component }) => [component.name, refOf(component)]))
  return parts
    .filter(({ component }) => component.kind === 'npm')
    .map(({ component }) => ({
      ref: refOf(component),
      dependsOn: Object.keys(component.needs)
        .filter((name) => refs.has(name))
        .map((name) => refs.get(name))
        .sort(),
    }))
    .sort((a, b) => (a.ref < b.ref ? -1 : 1))
}
