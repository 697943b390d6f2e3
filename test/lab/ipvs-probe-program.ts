// Tries every kind of call as whoever runs it, and prints as JSON how each ended: `ok` or the code of the error.
import { Ipvs, isIpvsError, readConnections } from '@lvscare/ipvs'

const key = { protocol: 'tcp', address: '10.1.2.3', port: 6443 } as const
const server = { address: '192.0.2.11', port: 6443 }

function tell(error: unknown): string {
  if (!isIpvsError(error)) throw error
  return error.code
}

function ending(call: () => unknown): string {
  try {
    call()
    return 'ok'
  } catch (error) {
    return tell(error)
  }
}

async function readTable(): Promise<string> {
  for await (const _ of readConnections()) break
  return 'ok'
}

const ipvs = Ipvs.open()
const endings: Record<string, string> = {
  info: ending(() => ipvs.info()),
  services: ending(() => ipvs.services()),
  service: ending(() => ipvs.service(key)),
  destinations: ending(() => ipvs.destinations(key)),
  addService: ending(() => ipvs.addService({ ...key, scheduler: 'rr' })),
  setService: ending(() => ipvs.setService({ ...key, scheduler: 'rr' })),
  addDestination: ending(() => ipvs.addDestination(key, server)),
  setDestination: ending(() => ipvs.setDestination(key, server)),
  deleteDestination: ending(() => ipvs.deleteDestination(key, server)),
  deleteService: ending(() => ipvs.deleteService(key)),
  timeouts: ending(() => ipvs.timeouts()),
  setTimeouts: ending(() => ipvs.setTimeouts({ tcp: 900 })),
  zero: ending(() => ipvs.zero()),
  readConnections: await readTable().catch(tell),
}
ipvs.close()
console.log(JSON.stringify(endings))
