/** A list of hosts as CSV with a header line, or as JSON: what people keep in spreadsheets and inventories. */
import { isIpAddress, parseOrigin } from '@lockgate/model'
import { parse } from 'csv-parse/sync'
import { keyOf } from '../endpoint.ts'
import { cannotRead, type Files, type Unread } from '../shapes.ts'
import { type Sighting, type SightingsRead, sighted } from '../sighting.ts'
import { isMapping, listAt, parseLined } from '../yaml-lines.ts'

/** What columns and keys may be called, in lower case without blanks, `-` and `_`. */
const columns: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    name: 'id name service application app backend system',
    address: 'address addresses ip ips ipaddress ipaddresses host hostname fqdn server',
    port: 'port ports portnumber serviceport tcpport listenport',
    upstream: 'upstream internalurl internal target',
    public: 'public publicurl url external externalurl site website domain domainname dns dnsname vhost',
    owner: 'owner team contact',
    wave: 'wave',
    source: 'source repository repo code',
    note: 'note notes comment comments description',
  }).flatMap(([column, names]) => names.split(' ').map((name) => [name, column])),
)

const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]+/g, '')

interface Row {
  readonly values: Readonly<Record<string, readonly string[]>>
  readonly line: number
}

export async function readHosts(file: string, files: Files): Promise<SightingsRead> {
  const unread: Unread[] = []
  const text = await files.read(file)
  if (text === null) cannotRead({ unread }, file, null, 'it is not there')
  const isJson = file.endsWith('.json') || /^\s*[[{]/.test(text ?? '')
  const rows = text === null ? [] : isJson ? jsonRows(text, file, unread) : csvRows(text, file, unread)
  return { sightings: rows.flatMap((row) => toSighting(row, file, unread)), unread }
}

const splitValues = (text: string): readonly string[] =>
  text
    .split(/[\s,;|]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '')

function columnOf(name: string, file: string, unread: Unread[]): string | null {
  const column = Object.hasOwn(columns, plain(name)) ? (columns[plain(name)] as string) : null
  if (column === null && name.trim() !== '')
    cannotRead({ unread }, file, null, `what ${JSON.stringify(name.slice(0, 60))} means is not known; it was not read`)
  return column
}

/** Excel writes `sep=;` before the header where the separator is not the system's. */
const withoutSeparatorLine = (text: string): string => text.replace(/^"?sep=.?"?\r?\n/i, '\n')

function csvRows(whole: string, file: string, unread: Unread[]): readonly Row[] {
  const text = withoutSeparatorLine(whole)
  const first = /^[^\S\n]*\S.*$/m.exec(text.replace(/^\s*#.*$/gm, ''))?.[0] ?? ''
  const delimiter = [',', ';', '\t', '|'].toSorted((a, b) => first.split(b).length - first.split(a).length)[0] as string
  let records: readonly { record: readonly string[]; info: { lines: number } }[]
  try {
    const options = {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      comment: '#',
      comment_no_infix: true,
    }
    records = parse(text, options) as unknown as typeof records
  } catch (cause) {
    cannotRead({ unread }, file, null, `it is not CSV: ${(cause as Error).message}`)
    return []
  }
  const header = records[0]?.record ?? []
  if (!header.some((name) => Object.hasOwn(columns, plain(name)))) {
    cannotRead({ unread }, file, 1, `its first line must name its columns, such as name,address,port,public,owner`)
    return []
  }
  const names = header.map((name) => columnOf(name, file, unread))
  return records.slice(1).map(({ record, info }) => {
    const values: Record<string, readonly string[]> = {}
    for (const [index, value] of record.entries()) add(values, names[index] ?? null, value)
    return { values, line: info.lines }
  })
}

const isFreeText = (column: string) => ['owner', 'note', 'name', 'source'].includes(column)

function add(values: Record<string, readonly string[]>, column: string | null, value: string): void {
  if (column === null || value === '') return
  values[column] = [...(values[column] ?? []), ...(isFreeText(column) ? [value] : splitValues(value))]
}

function jsonRows(text: string, file: string, unread: Unread[]): readonly Row[] {
  const lined = parseLined(text)
  if (lined.error) cannotRead({ unread }, file, lined.error.line, `it is not JSON: ${lined.error.because}`)
  const root = lined.values[0] ?? null
  const rows = Array.isArray(root) ? root : ['hosts', 'backends', 'services'].flatMap((key) => listAt(root, key))
  if (rows.length === 0 && !lined.error)
    cannotRead(
      { unread },
      file,
      null,
      'expected a list of hosts, or {"hosts": […]}, each with name, address, port, public',
    )
  return rows.filter(isMapping).map((row) => {
    const values: Record<string, readonly string[]> = {}
    for (const [name, value] of Object.entries(row))
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== null && typeof one !== 'object') add(values, columnOf(name, file, unread), String(one))
    return { values, line: lined.lineOf(row) }
  })
}

const schemeOf = (port: number): string => (port % 1000 === 443 ? 'https' : 'http')

interface Place {
  readonly addresses: readonly string[]
  readonly ports: readonly number[]
  readonly upstream: string | null
  /** Whether the scheme is only guessed from the port. */
  readonly isGuess: boolean
}

/** `8080`, `8080/tcp`, `8000-8002`; null: none of them. */
function portsIn(text: string): readonly number[] | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/tcp)?$/i.exec(text)
  const [low, high] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (!match || low < 1 || high > 65_535 || high < low || high - low > 100) return null
  return Array.from({ length: high - low + 1 }, (_, index) => low + index)
}

/** `10.0.0.5:9000` and `[fd00::7]:8080` hold a port as well. */
function splitPort(text: string): { readonly address: string; readonly port: string | null } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  return match
    ? { address: (match[1] ?? match[2]) as string, port: match[3] as string }
    : { address: text.replace(/^\[(.*)\]$/, '$1'), port: null }
}

/** Where it is reached; null: the row does not say. */
function placeOf({ values }: Row, bad: (what: string) => void): Place | null {
  const given = values.upstream?.[0]
  const origin = given === undefined ? null : parseOrigin(given)
  if (given !== undefined && !origin) bad(`${given} is no URL of scheme, host and port`)
  const split = (values.address ?? []).map((one) => splitPort(one.toLowerCase()))
  const texts = [...(values.port ?? []), ...split.flatMap((one) => one.port ?? [])]
  const ports = [...new Set(texts.flatMap((text) => portsIn(text) ?? []))]
  if (texts.some((text) => portsIn(text) === null)) bad(`${texts.join(' ')} are no TCP ports`)
  const addresses = [...(origin ? [origin.host] : []), ...split.map((one) => one.address)]
  const [address] = addresses
  if (address === undefined) {
    bad('it has neither an address nor an upstream')
    return null
  }
  const port = origin?.port ?? ports[0]
  const upstream = port === undefined ? null : `${origin?.scheme ?? schemeOf(port)}://${keyOf(address, port)}`
  const all = origin ? [origin.port, ...ports] : ports
  return {
    addresses: [...new Set(addresses)],
    ports: [...new Set(all)],
    upstream,
    isGuess: !origin && port !== undefined,
  }
}

/** A name alone is taken for https; a path is left out. */
const publicOf = (text: string): string | null =>
  parseOrigin(/^https?:\/\//.test(text) ? text.replace(/^(https?:\/\/[^/]+).*$/, '$1') : `https://${text}`)?.origin ??
  null

function toSighting(row: Row, file: string, unread: Unread[]): readonly Sighting[] {
  const { values, line } = row
  const place = placeOf(row, (what) => cannotRead({ unread }, file, line, what))
  if (!place) return []
  const { addresses, ports, upstream, isGuess } = place
  const [port] = ports
  return [
    sighted({
      name: values.name?.[0] ?? null,
      upstream,
      keys: port === undefined ? [] : addresses.map((one) => keyOf(one, port)),
      publics: (values.public ?? []).flatMap((one) => publicOf(one) ?? []),
      hosts: [addresses],
      ports,
      notes: [
        ...(values.note ?? []),
        ...(isGuess && port !== undefined ? [`${schemeOf(port)} is guessed for port ${port}`] : []),
        ...(addresses.some(isIpAddress) ? [] : ['its IP address is not said']),
      ],
      file,
      line,
      ...(values.owner?.[0] ? { owner: values.owner[0] } : {}),
      ...(values.wave?.[0] ? { wave: values.wave[0] } : {}),
      ...(values.source?.[0] ? { code: values.source[0] } : {}),
    }),
  ]
}
