// Sends back what it gets, by TCP and UDP, as a process of its own inside a test host: `echo <port> <address>...`.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [port, ...addresses] = process.argv.slice(2)

function serve(address: string): Array<Promise<void>> {
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (message, sender) => udp.send(message, sender.port, sender.address))
  return [
    new Promise((listening) => void tcp.listen(Number(port), address, listening)),
    new Promise((listening) => void udp.bind(Number(port), address, listening)),
  ]
}

await Promise.all(addresses.flatMap(serve))
process.send?.('listening')
