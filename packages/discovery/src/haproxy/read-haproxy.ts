/** An HAProxy configuration as routes: every name that a frontend tells apart with the servers of its backend. */
import { posix } from 'node:path'
import { hostPort } from '@lockgate/model'
import { cannotRead, emptyNotes, type Files, type Notes, type ProxyRead } from '../shapes.ts'
import { type Acls, type Asked, askedBy, namesOfPattern, readAcls } from './conditions.ts'
import { readMaps } from './map-files.ts'
import { type HaproxyLine, type HaproxySection, parseHaproxy } from './parse-haproxy.ts'

interface Scope {
  readonly file: string
  readonly notes: Notes
  readonly sections: ReadonlyMap<string, HaproxySection>
  readonly maps: ReadonlyMap<string, readonly (readonly string[])[]>
  readonly modeOf: (section: HaproxySection) => 'http' | 'tcp'
  /** Backends to which a frontend leads. */
  readonly used: Set<string>
}

export async function readHaproxy(main: string, files: Files): Promise<ProxyRead> {
  const notes = emptyNotes()
  const text = await files.read(main)
  if (text === null) {
    cannotRead(notes, main, null, 'it is not there')
    return notes
  }
  notes.files.push(main)
  const parsed = parseHaproxy(text)
  for (const error of parsed.errors) cannotRead(notes, main, error.line, error.because)
  const maps = await readMaps(parsed.sections, files, posix.dirname(main), main, notes)
  const backends = parsed.sections.filter((one) => one.kind === 'backend' || one.kind === 'listen')
  const sections = new Map(backends.map((one) => [one.name, one]))
  const scope = { file: main, notes, sections, maps, modeOf: modesOf(parsed.sections), used: new Set<string>() }
  for (const section of parsed.sections) {
    noteOpaque(section, scope)
    if (section.kind === 'frontend' || section.kind === 'listen') readFrontend(section, scope)
  }
  for (const section of backends) if (section.kind === 'backend') noteUnused(section, scope)
  return notes
}

/** `ipv4@`, `tcp6@`, `mptcp@`, `quic4@`, `stream+ipv6@` … before an address that is one of a network. */
const withoutFamily = (text: string): string =>
  text.replace(/^(?:(?:stream|dgram)\+)?(?:ip|tcp|udp|mptcp|quic)(?:v?[46])?@/, '')

const first = (section: HaproxySection, word: string): HaproxyLine | undefined =>
  section.lines.find((line) => line.words[0] === word)

/** `mode` of the section, else of the `defaults` before it, else tcp. */
function modesOf(sections: readonly HaproxySection[]): (section: HaproxySection) => 'http' | 'tcp' {
  const modes = new Map<HaproxySection, 'http' | 'tcp'>()
  let standard: 'http' | 'tcp' = 'tcp'
  for (const section of sections) {
    const said = first(section, 'mode')?.words[1]
    const own = said === undefined ? null : said === 'http' ? 'http' : 'tcp'
    if (section.kind === 'defaults') standard = own ?? 'tcp'
    else modes.set(section, own ?? standard)
  }
  return (section) => modes.get(section) ?? 'tcp'
}

/** `bind :80`, `bind *:443 ssl crt …`, `bind 10.0.0.1:80,10.0.0.2:80`, `bind ipv6@:80`, `bind /run/x.sock`. */
function listensOf(section: HaproxySection, mode: 'http' | 'tcp'): readonly string[] {
  return section.lines
    .filter((line) => line.words[0] === 'bind')
    .flatMap((line) => {
      const scheme = mode === 'tcp' ? 'tcp' : line.words.includes('ssl') ? 'https' : 'http'
      return (line.words[1] ?? '').split(',').map((text) => {
        const bare = withoutFamily(text)
        if (/^(unix@|abns@|\/)/.test(bare)) return `unix:${bare.replace(/^\w+@/, '')}`
        const at = bare.lastIndexOf(':')
        const host = bare.slice(0, at).replace(/^\[|\]$/g, '')
        return `${scheme}://${hostPort(host === '' || host === '*' ? '0.0.0.0' : host, Number(bare.slice(at + 1)) || 0)}`
      })
    })
}

function readFrontend(section: HaproxySection, scope: Scope): void {
  const valuesOf = (path: string) => (scope.maps.get(path) ?? []).map((row) => row[0] ?? '')
  const acls: Acls = readAcls(section.lines, valuesOf)
  const listen = listensOf(section, scope.modeOf(section))
  const add = (asked: Asked, target: HaproxySection, line: number) => {
    scope.used.add(target.name)
    for (const name of new Set(asked.names.length > 0 ? asked.names : ['*'])) {
      const upstreams = serversOf(target, scope)
      scope.notes.routes.push({ name, listen, path: asked.path ?? '/', upstreams, file: scope.file, line })
    }
  }
  for (const { words, line } of section.lines) {
    if (words[0] !== 'use_backend' && words[0] !== 'default_backend') continue
    const name = words[1] ?? ''
    const asked = words[0] === 'use_backend' ? askedBy(words.slice(2), acls, valuesOf) : [{ names: [], path: null }]
    const target = scope.sections.get(name)
    if (name.includes('%[')) readMapped(name, line, add, scope)
    else if (!target) cannotRead(scope.notes, scope.file, line, `the backend ${name} is defined nowhere in this file`)
    else for (const one of asked) add(one, target, line)
  }
  if (section.kind === 'listen' && serverLines(section).length > 0)
    add({ names: [], path: null }, section, section.line)
}

/** `use_backend %[req.hdr(host),lower,map_dom(FILE,DEFAULT)]`: the rows of the map are the routes. */
function readMapped(
  expression: string,
  line: number,
  add: (asked: Asked, target: HaproxySection, line: number) => void,
  scope: Scope,
): void {
  const match =
    /^%\[(?:req\.)?(?:f?hdr\(host\)|ssl_fc_sni|req\.ssl_sni)[^\]]*?,map(?:_(\w+))?\(([^,)]+)(?:,([^)]*))?\)\]$/.exec(
      expression,
    )
  const rows = match ? scope.maps.get(match[2] as string) : undefined
  if (!match || !rows) {
    cannotRead(scope.notes, scope.file, line, `${expression} chooses by what only a request decides`)
    return
  }
  const all = [
    ...rows.flatMap((row) =>
      namesOfPattern(match[1] ?? 'str', row[0] ?? '').map((name) => [name, row[1] ?? ''] as const),
    ),
    ...(match[3] ? [['*', match[3]] as const] : []),
  ]
  for (const [name, backend] of all) {
    const target = scope.sections.get(backend)
    if (target) add({ names: [name], path: null }, target, line)
    else
      cannotRead(
        scope.notes,
        scope.file,
        line,
        `the backend ${backend} of the map ${match[2]} is defined nowhere in this file`,
      )
  }
}

function noteUnused(section: HaproxySection, { used, notes, file }: Scope): void {
  const servers = serverLines(section).map(({ words }) => words.slice(1, 3).join(' '))
  if (used.has(section.name) || servers.length === 0) return
  const because = `nothing in this file leads to the backend ${section.name} (${servers.slice(0, 8).join(', ')})`
  notes.unused.push({ source: `${file}:${section.line}`, because })
}

const serverLines = (section: HaproxySection): readonly HaproxyLine[] =>
  section.lines.filter((line) => ['server', 'server-template', 'dispatch'].includes(line.words[0] ?? ''))

function serversOf(section: HaproxySection, scope: Scope): readonly string[] {
  const mode = scope.modeOf(section)
  return serverLines(section).flatMap(({ words, line }) => {
    const at = words[0] === 'server' ? 2 : words[0] === 'server-template' ? 3 : 1
    const address = withoutFamily(words[at] ?? '')
    const scheme = mode === 'tcp' ? 'tcp' : words.slice(at).includes('ssl') ? 'https' : 'http'
    if (/^(unix@|abns@|\/)/.test(address)) return [`${scheme}+unix:${address.replace(/^\w+@/, '')}`]
    const match = /^\[?([^\]]*?)\]?:(\d+)$/.exec(address)
    if (match && !address.includes('$') && match[1] !== '' && match[1] !== '0.0.0.0')
      return [`${scheme}://${hostPort(match[1] as string, Number(match[2]))}`]
    cannotRead(
      scope.notes,
      scope.file,
      line,
      `the server ${words[1] ?? ''} at ${address || 'no address'} takes its address or port from the environment or the request`,
    )
    return []
  })
}

/** Rules that can lead elsewhere than to the servers that are listed. */
function noteOpaque(section: HaproxySection, scope: Scope): void {
  for (const { words, line } of section.lines) {
    const said = words.slice(0, 3).join(' ')
    if (/(^| )(lua\.|set-dst|set-dst-port|use-service)/.test(said) || words[0] === 'lua-load')
      cannotRead(scope.notes, scope.file, line, `${said} can lead anywhere; it is not read`)
  }
}
