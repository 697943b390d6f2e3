// Apart from endpoint.ts, because who only writes endpoints needs no parser of addresses.

/** `ADDRESS:PORT`, with brackets around an IPv6 address. */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
