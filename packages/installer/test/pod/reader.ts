import { spawnSync } from 'node:child_process'

const PROGRAM = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer), sys.stdout)'

/** True where Python with PyYAML is installed: a reader of YAML 1.1 that shares nothing with ours. */
export const HAS_OTHER_READER: boolean = spawnSync('python3', ['-c', 'import yaml']).status === 0

/** Reads YAML by PyYAML. */
export function otherReader(text: string): unknown {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PROGRAM], { input: text, encoding: 'utf8' })
  if (status !== 0) throw new Error(`PyYAML: ${stderr}`)
  return JSON.parse(stdout)
}
