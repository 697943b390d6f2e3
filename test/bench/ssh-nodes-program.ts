// Nodes that are reached by SSH, each sign-in a fresh one with a folder of its own, and the apiserver behind the virtual IP; as
// a process of its own. Every program ends well at once: what is measured is the side that asks.
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NoGuardError } from 'lvscare'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import { serveSftp } from '../../packages/installer/test/host/sftp-server.ts'
import { Authority } from '../lab/authority.ts'
import { VIP } from '../lab/cluster.ts'
import { ENDPOINT_NAME } from '../lab/kube-cluster.ts'

/** What the parent is told. */
export interface SshNodes {
  readonly port: number
  readonly password: string
}

const PASSWORD = 'open sesame'
const DIRECTORIES = ['/etc/modules-load.d', '/etc/sysctl.d', '/etc/systemd/system']
const VIRTUAL = `${VIP.v4}:6443`

const home = mkdtempSync(join(tmpdir(), 'ssh-nodes-'))
const authority = new Authority()
const pair = authority.issue({ names: [`IP:${VIP.v4}`, `DNS:${ENDPOINT_NAME}`] })
authority.close()
const apiserver = createServer(pair, (_request, response) => response.end('ok'))
await new Promise<void>((resolve) => apiserver.listen(0, '127.0.0.1', resolve))
const apiserverPort = (apiserver.address() as AddressInfo).port

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const server = new ssh2.Server({ hostKeys: [privateKey] }, serve)
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ port, password: PASSWORD } satisfies SshNodes)
})
process.on('disconnect', () => {
  rmSync(home, { recursive: true })
  process.exit(0)
})

function serve(client: Connection): void {
  const folder = newNode()
  client.on('error', (error) => console.error(`ssh-nodes: ${error.message}`))
  client.on('authentication', (context) => {
    if (context.method === 'password' && context.password === PASSWORD) context.accept()
    else context.reject(['password'])
  })
  client.on('session', (accept) => {
    const session = accept()
    session.on('sftp', (take) => serveSftp(take(), folder))
    session.on('exec', (take, _refuse, { command }) => answer(take(), command))
  })
  client.on('tcpip', (accept) => {
    const channel = accept()
    const socket = connect(apiserverPort, '127.0.0.1')
    channel.on('error', () => socket.destroy())
    socket.on('error', () => channel.close())
    channel.pipe(socket).pipe(channel)
  })
}

function newNode(): string {
  const folder = mkdtempSync(join(home, 'node-'))
  for (const path of DIRECTORIES) mkdirSync(join(folder, path), { recursive: true })
  writeFileSync(join(folder, 'etc/hosts'), '127.0.0.1\tlocalhost\n')
  return folder
}

/** What the login shell would print: the marker and a process number on both streams, and then the program's own words. */
function answer(channel: ServerChannel, command: string): void {
  // exec sh -c 'SCRIPT' sh MARKER PROGRAM ARGUMENT...
  const words = command.match(/'[^']*'|[^\s']+/g) ?? []
  const [marker = '', ...argv] = words.slice(5).map((word) => word.replaceAll("'", ''))
  const line = argv.join(' ')
  const begun = `${marker} 4711\n`
  const isStatus = line.includes(' status ')
  channel.write(`${begun}${line === 'id -u' ? '0\n' : ''}`)
  channel.stderr.write(`${begun}${isStatus ? `lvscare: ${new NoGuardError(VIRTUAL).message}\n` : ''}`)
  channel.exit(isStatus ? 1 : 0)
  channel.end()
}
