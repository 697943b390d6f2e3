import type { IpvsOperation } from './errors.ts'
import { encodeService } from './service-codec.ts'
import { encodeServiceKey, formatEndpoint, formatService } from './service-key.ts'
import type { DestinationKey, NewService, ServiceKey } from './types.ts'

/** One request, and the words for a message should it fail. */
export interface Ask {
  readonly operation: IpvsOperation
  /** The object of the operation; none when the whole namespace is meant. */
  readonly subject?: string
  readonly command: number
  /** Makes the attributes; a RangeError of it is an invalid argument, and nothing is sent. */
  readonly encode?: () => Uint8Array
}

/** What an {@link Ask} says of its object. */
type About = Required<Pick<Ask, 'subject' | 'encode'>>

/** About a service that is there or not: only what names it. */
export function aboutService(key: ServiceKey): About {
  return { subject: formatService(key), encode: () => encodeServiceKey(key) }
}

/** About a service as it shall be; the scheduler is part of the subject, for its module is missing most often. */
export function withSettings(service: NewService): About {
  const engine = service.peName === undefined ? '' : ` and engine ${service.peName}`
  return {
    subject: `${formatService(service)} with scheduler ${service.scheduler}${engine}`,
    encode: () => encodeService(service),
  }
}

/** The subject of what concerns one destination, such as `10.0.0.11:6443 of TCP 10.103.97.2:6443`. */
export function ofService(destination: DestinationKey, key: ServiceKey): string {
  return `${formatEndpoint(destination)} of ${formatService(key)}`
}
