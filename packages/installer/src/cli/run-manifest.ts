import { toCloudInit } from '../node/cloud-init.ts'
import { toClusterApi } from '../node/cluster-api.ts'
import { buildStaticPod } from '../pod/static-pod.ts'
import { toYaml, yamlText } from '../pod/yaml.ts'
import { MANIFEST_FORMATS } from './commands.ts'
import { configOf } from './config-input.ts'
import { type ExitStatus, InstallerExitCode } from './host.ts'
import { type Session, wordOf } from './session.ts'

/** `manifest`: prints what would be on a node, and touches none. */
export async function runManifest(session: Session): Promise<ExitStatus> {
  const { flags, host } = session
  const format = wordOf(session, 'format', MANIFEST_FORMATS)
  const config = await configOf(flags, host)
  const text = {
    pod: () => toYaml(buildStaticPod(config)),
    'cloud-init': () => toCloudInit(config),
    'cluster-api': () => yamlText(toClusterApi(config), { sorted: false }),
  }
  host.stdout(text[format]())
  return InstallerExitCode.OK
}
