/** nmap's XML report: open TCP ports as mentions. Entities are never expanded. */
import { XMLParser } from 'fast-xml-parser'
import { keyOf } from '../endpoint.ts'
import { cannotRead, type Files, type Unread } from '../shapes.ts'
import { type Sighting, type SightingsRead, sighted } from '../sighting.ts'

/** fast-xml-parser's shapes, with every element that can repeat as a list. */
interface NmapPort {
  readonly '@protocol'?: string
  readonly '@portid'?: string
  readonly state?: readonly { readonly '@state'?: string }[]
  readonly service?: readonly { readonly '@name'?: string; readonly '@tunnel'?: string; readonly '@product'?: string }[]
}
interface NmapHost {
  readonly address?: readonly { readonly '@addr'?: string; readonly '@addrtype'?: string }[]
  readonly hostnames?: readonly { readonly hostname?: readonly { readonly '@name'?: string }[] }[]
  readonly ports?: readonly { readonly port?: readonly NmapPort[] }[]
}

const lists = new Set(['host', 'address', 'hostnames', 'hostname', 'ports', 'port', 'state', 'service'])

export async function readNmap(file: string, files: Files): Promise<SightingsRead> {
  const unread: Unread[] = []
  const text = await files.read(file)
  if (text === null) cannotRead({ unread }, file, null, 'it is not there')
  const hosts = text === null ? [] : parseReport(text, file, unread)
  const lineOf = text === null ? () => null : lineFinder(text)
  return { sightings: hosts.flatMap((host) => hostSightings(host, file, lineOf)), unread }
}

function parseReport(text: string, file: string, unread: Unread[]): readonly NmapHost[] {
  if (/<!ENTITY/i.test(text)) {
    cannotRead({ unread }, file, null, 'it defines XML entities, which nmap never does; it was not read')
    return []
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    processEntities: false,
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: (name) => lists.has(name),
  })
  try {
    const root = parser.parse(text, true) as { nmaprun?: { host?: readonly NmapHost[] } }
    if (root.nmaprun !== undefined) return root.nmaprun.host ?? []
    cannotRead({ unread }, file, null, 'it has no <nmaprun>; nmap writes one with -oX FILE')
  } catch (cause) {
    cannotRead({ unread }, file, null, `it is not XML: ${(cause as Error).message}`)
  }
  return []
}

/** The line of an address in the report. */
function lineFinder(text: string): (address: string) => number | null {
  const lines = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries())
    for (const match of line.matchAll(/<address\s[^>]*addr="([^"]*)"/g))
      if (!lines.has(match[1] as string)) lines.set(match[1] as string, index + 1)
  return (address) => lines.get(address) ?? null
}

const web = /^(http|https|http-alt|http-proxy|https-alt|ssl\/http|sun-answerbook|radan-http|unknown|tcpwrapped|)$|http/i

function hostSightings(host: NmapHost, file: string, lineOf: (address: string) => number | null): readonly Sighting[] {
  const addresses = (host.address ?? [])
    .filter((one) => one['@addrtype'] !== 'mac')
    .flatMap((one) => one['@addr'] ?? [])
  const names = (host.hostnames ?? []).flatMap((one) => one.hostname ?? []).flatMap((one) => one['@name'] ?? [])
  const open = (host.ports ?? [])
    .flatMap((one) => one.port ?? [])
    .filter((one) => one['@protocol'] === 'tcp' && one.state?.[0]?.['@state'] === 'open')
    .map((one) => ({
      port: Number(one['@portid']),
      name: one.service?.[0]?.['@name'] ?? '',
      tls: one.service?.[0]?.['@tunnel'] === 'ssl',
    }))
    .filter((one) => Number.isInteger(one.port) && one.port > 0 && one.port < 65_536)
  const [address] = addresses
  if (address === undefined) return []
  return openPortSightings({ address, addresses, names, open, file, line: lineOf(address), by: 'nmap' })
}

export interface OpenPorts {
  readonly address: string
  readonly addresses: readonly string[]
  readonly names: readonly string[]
  readonly open: readonly { readonly port: number; readonly name: string; readonly tls: boolean }[]
  readonly file: string | null
  readonly line: number | null
  readonly by: string
}

/** One mention for each port that may speak HTTP, and one for all the others of the host. */
export function openPortSightings({ address, addresses, names, open, file, line, by }: OpenPorts): readonly Sighting[] {
  const place = { hosts: [addresses], file, line }
  const pages = open.filter((one) => web.test(one.name))
  const others = open.filter((one) => !pages.includes(one))
  const exposed = (port: number) => [{ address, port, by }]
  const found = pages.map(({ port, name, tls }) =>
    sighted({
      ...place,
      upstream: `${tls || /https/.test(name) || port === 443 || port === 8443 ? 'https' : 'http'}://${keyOf(address, port)}`,
      keys: [...addresses, ...names].map((one) => keyOf(one, port)),
      ports: [port],
      exposed: exposed(port),
      notes: [
        ...(/http/.test(name) ? [] : [`what answers on port ${port} was not found out; HTTP is guessed`]),
        ...(names.length > 0 ? [`its address is called ${names.join(', ')}`] : []),
      ],
    }),
  )
  if (others.length === 0) return found
  const rest = sighted({
    ...place,
    keys: others.map((one) => keyOf(address, one.port)),
    ports: others.map((one) => one.port),
    exposed: others.flatMap((one) => exposed(one.port)),
    notes: others.map((one) => `port ${one.port} is ${one.name}, not HTTP`),
  })
  return [...found, rest]
}
