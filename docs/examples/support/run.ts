import { CommandError, type NodeHost } from '@lvscare/installer'

/** Runs a program on a node and resolves with what it printed; rejects when it fails. */
export async function run(host: NodeHost, argv: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(argv, input === undefined ? {} : { input })
  if (code === 0) return stdout
  // The last lines of what it complained about; its standard output may have a token in it.
  throw new CommandError(host.name, argv, code === undefined ? 'a signal' : `${code}`, stderr)
}
