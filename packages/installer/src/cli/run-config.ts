import type { InstallerConfig } from '../config/config.ts'
import type { KubernetesVersion } from '../config/version.ts'
import { InstallerUsageError } from '../errors.ts'
import { buildKubeadmConfig } from '../kubeadm/build.ts'
import { clusterFindings } from '../kubeadm/cluster-findings.ts'
import { kubeadmYaml } from '../kubeadm/documents.ts'
import { mergeKubeadmConfig } from '../kubeadm/merge.ts'
import type { MergeNote } from '../kubeadm/merge-context.ts'
import { renderTemplate } from '../kubeadm/render.ts'
import { template, templateValues } from '../kubeadm/template.ts'
import { refuse } from '../plan/apply.ts'
import { CONFIG_VERBS, type ConfigVerb } from './commands.ts'
import { configOf, fileOf } from './config-input.ts'
import { type ExitStatus, InstallerExitCode } from './host.ts'
import type { Session } from './session.ts'

/** `config`: the configuration of kubeadm, as a template, rendered, or merged into the operator's own. */
export async function runConfig(session: Session): Promise<ExitStatus> {
  const { positionals, host } = session
  const [word, file] = positionals
  const verb = verbOf(word)
  if (verb === 'template' && file !== undefined)
    throw new InstallerUsageError(`${JSON.stringify(file)}: "config template" takes no file`)
  const text = file === undefined ? undefined : await fileOf(host, `config ${verb}`, file)
  host.stdout(await RUN[verb](session, text))
  return InstallerExitCode.OK
}

const RUN: Readonly<Record<ConfigVerb, (session: Session, text: string | undefined) => Promise<string>>> = {
  template: async () => template(),
  render: async (session, text) => {
    const { config, version } = await clusterOf(session)
    return usable(config, renderTemplate(text ?? template(), templateValues(config, version)))
  },
  kubeadm: async (session, text) => {
    const { config, version } = await clusterOf(session)
    const documents = buildKubeadmConfig(config, version)
    if (text === undefined) return usable(config, kubeadmYaml(documents))
    const tell = (note: MergeNote): void => session.host.stderr(`${noteText(note)}\n`)
    return usable(config, mergeKubeadmConfig(text, documents, tell))
  },
}

/** What the operator's own text says may break what the installer is for; throws RefusedError. */
function usable(config: InstallerConfig, yaml: string): string {
  refuse("kubeadm's configuration", clusterFindings(config, yaml))
  return yaml
}

/** What kubeadm reads depends on its release, so that has to be said. */
async function clusterOf({
  flags,
  host,
}: Session): Promise<{ readonly config: InstallerConfig; readonly version: KubernetesVersion }> {
  const config = await configOf(flags, host)
  const { kubernetesVersion: version } = config
  if (version === undefined)
    throw new InstallerUsageError('--kubernetes-version is missing: give the release of Kubernetes')
  return { config, version }
}

function verbOf(word: string | undefined): ConfigVerb {
  const found = CONFIG_VERBS.find((verb) => verb === word)
  if (found !== undefined) return found
  const what = word === undefined ? '' : `${JSON.stringify(word)}: `
  throw new InstallerUsageError(`${what}"config" needs one of ${CONFIG_VERBS.join(', ')}`)
}

/** A value that differs, as one line. */
function noteText({ action, kind, path, line, column, theirs, ours }: MergeNote): string {
  const where = `line ${line}, column ${column}: ${kind} ${path}`
  const values = theirs === undefined || ours === undefined ? '' : `: ${theirs} in the file, ${ours} here`
  return `${where} ${action === 'kept' ? 'is kept' : 'is replaced'}${values}`
}
