// Opens one connection and prints who answered; runs inside the network namespace of a pod.
import { attempt } from './client.ts'

const [address = '', port = ''] = process.argv.slice(2)
const answer = await attempt(address, Number(port))
process.stdout.write(`${'server' in answer ? answer.server : answer.error}\n`)
