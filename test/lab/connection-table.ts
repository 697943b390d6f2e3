import { exec } from './exec.ts'

/** Which real server the kernel has sent a connection of this node to, by its local port; as `ipvsadm -Lnc` tells. */
export function serverOfPort(port: number): string | undefined {
  for (const line of exec('ipvsadm', '-Lnc').split('\n')) {
    const [protocol, , state, source = '', , destination] = line.trim().split(/\s+/)
    if (protocol === 'TCP' && state === 'ESTABLISHED' && source.endsWith(`:${port}`)) return destination
  }
  return undefined
}
