/** An Envoy bootstrap with the files that it watches as routes. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { cannotRead, emptyNotes, type Files, type Notes, type ProxyRead } from '../shapes.ts'
import { at, isMapping, type Lined, listAt, parseLined, textAt, type Value } from '../yaml-lines.ts'
import { readClusters } from './clusters.ts'
import { type LiveResources, listedResources, liveResources } from './config-dump.ts'
import { readListener } from './listeners.ts'

interface Loaded {
  readonly notes: Notes
  readonly files: Files
  readonly places: WeakMap<object, { readonly file: string; readonly line: number }>
  /** Folder of Envoy's own working directory, for relative paths. */
  readonly folder: string
}

/** `text`: the bootstrap where it did not come from a file (`--config-yaml`). */
export async function readEnvoy(
  main: string,
  files: Files,
  folder = posix.dirname(main),
  text?: string,
): Promise<ProxyRead> {
  const loaded: Loaded = { notes: emptyNotes(), files, places: new WeakMap(), folder }
  const bootstrap = text === undefined ? await loadFile(main, loaded) : parse(text, main, loaded)
  if (bootstrap !== null) await readResources(bootstrap, main, loaded)
  return loaded.notes
}

/** Resources at hand already, such as those of `/config_dump`. */
export function readEnvoyResources(
  resources: LiveResources,
  placeOf: (value: Value) => { readonly file: string; readonly line: number },
  notes: Notes,
): void {
  const assignments = new Map(resources.assignments.map((one) => [textAt(one, 'cluster_name') ?? '', one]))
  const routeConfigs = new Map(resources.routeConfigs.map((one) => [textAt(one, 'name') ?? '', one]))
  const clusters = readClusters(resources.clusters, assignments)
  const used = new Set<string>()
  for (const listener of resources.listeners) readListener(listener, { notes, clusters, routeConfigs, placeOf, used })
  for (const value of resources.clusters) {
    const name = textAt(value, 'name') ?? ''
    const upstreams = clusters.get(name)?.upstreams ?? []
    if (used.has(name) || upstreams.length === 0) continue
    const { file, line } = placeOf(value)
    const because = `no route leads to the cluster ${name} (${upstreams.slice(0, 8).join(', ')})`
    notes.unused.push({ source: `${file}:${line}`, because })
  }
}

/** What a file holds that is no bootstrap: an answer of `/config_dump`, also inside of what a tool wraps it in, or resources. */
function otherResources(content: Value, depth = 0): readonly LiveResources[] {
  if (!isMapping(content) || depth > 6) return []
  const own = liveResources(content) ?? listedResources(content)
  return own ? [own] : Object.values(content).flatMap((inner) => otherResources(inner, depth + 1))
}

async function readResources(bootstrap: Value, main: string, loaded: Loaded): Promise<void> {
  const unknown = { file: main, line: 1 }
  const placeOf = (value: Value) =>
    value !== null && typeof value === 'object' ? (loaded.places.get(value) ?? unknown) : unknown
  if (at(bootstrap, 'static_resources') === undefined && at(bootstrap, 'dynamic_resources') === undefined) {
    const others = otherResources(bootstrap)
    for (const one of others) readEnvoyResources(one, placeOf, loaded.notes)
    const because =
      'it has no static_resources, dynamic_resources, configs or resources; is it a configuration of Envoy?'
    if (others.length === 0) cannotRead(loaded.notes, main, null, because)
    return
  }
  const dynamic = at(bootstrap, 'dynamic_resources')
  if (at(dynamic, 'ads_config') !== undefined && usesAds(dynamic))
    cannotRead(
      loaded.notes,
      main,
      null,
      'listeners and clusters come from a server (ads); its admin address shows them',
    )
  const listeners = [
    ...listAt(bootstrap, 'static_resources', 'listeners'),
    ...(await fromSource(at(dynamic, 'lds_config'), main, loaded)),
  ]
  const clusters = [
    ...listAt(bootstrap, 'static_resources', 'clusters'),
    ...(await fromSource(at(dynamic, 'cds_config'), main, loaded)),
  ]
  const routeConfigs = await nested(listeners, 'rds', 'config_source', main, loaded)
  const assignments = await nested(clusters, 'eds_cluster_config', 'eds_config', main, loaded)
  readEnvoyResources({ listeners, clusters, routeConfigs, assignments }, placeOf, loaded.notes)
}

const usesAds = (dynamic: Value | undefined): boolean =>
  ['lds_config', 'cds_config'].some((one) => at(dynamic, one, 'ads') !== undefined)

/** Resources of every config source that stands under `holder` anywhere below. */
async function nested(values: readonly Value[], holder: string, source: string, main: string, loaded: Loaded) {
  const sources: Value[] = []
  const walk = (value: Value): void => {
    if (Array.isArray(value)) for (const one of value) walk(one)
    if (!isMapping(value)) return
    const found = at(value, holder, source)
    if (found !== undefined) sources.push(found)
    for (const one of Object.values(value)) walk(one)
  }
  for (const value of values) walk(value)
  const all: Value[] = []
  for (const one of sources) all.push(...(await fromSource(one, main, loaded)))
  return all
}

async function fromSource(source: Value | undefined, main: string, loaded: Loaded): Promise<readonly Value[]> {
  if (source === undefined) return []
  const path = textAt(source, 'path_config_source', 'path') ?? textAt(source, 'path')
  if (path === null) {
    if (at(source, 'ads') === undefined)
      cannotRead(loaded.notes, main, null, 'resources come from a server; the admin address of Envoy shows them')
    return []
  }
  const content = await loadFile(posix.resolve(loaded.folder, path), loaded)
  return listAt(content ?? undefined, 'resources').map((one) => at(one, 'resource') ?? one)
}

async function loadFile(path: string, loaded: Loaded): Promise<Value> {
  try {
    const text = await loaded.files.read(path)
    if (text === null) {
      cannotRead(loaded.notes, path, null, 'it is not there')
      return null
    }
    if (!loaded.notes.files.includes(path)) loaded.notes.files.push(path)
    return parse(text, path, loaded)
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    cannotRead(loaded.notes, path, null, cause.message)
    return null
  }
}

function parse(text: string, file: string, loaded: Loaded): Value {
  const lined = parseLined(text)
  if (lined.error) cannotRead(loaded.notes, file, lined.error.line, lined.error.because)
  return named(lined.values[0] ?? null, { file, lined, loaded, known: new Map() })
}

interface Naming {
  readonly file: string
  readonly lined: Lined
  readonly loaded: Loaded
  /** What aliases stand for is made once. */
  readonly known: Map<object, Value>
}

/** Fields by the names that the protocol's files have, `port_value`; Envoy also takes `portValue` (JSON mapping of proto3). */
function named(value: Value, naming: Naming): Value {
  if (value === null || typeof value !== 'object') return value
  const before = naming.known.get(value)
  if (before !== undefined) return before
  const made: Value = Array.isArray(value)
    ? value.map((one) => named(one, naming))
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [snakeCase(key), named(one, naming)]))
  naming.known.set(value, made)
  naming.loaded.places.set(made as object, { file: naming.file, line: naming.lined.lineOf(value) })
  return made
}

const snakeCase = (key: string): string =>
  /^[a-z][A-Za-z0-9]*$/.test(key) ? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key
