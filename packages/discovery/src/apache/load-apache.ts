/** The main configuration with its includes, conditions and definitions resolved in the order in which Apache reads. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { expandGlob } from '../glob.ts'
import { cannotRead, type Files, type Notes } from '../shapes.ts'
import { conditions, type State } from './conditions.ts'
import { macroOf, useMacro } from './macros.ts'
import { type ApacheDirective, parseApache } from './parse-apache.ts'

/** What the command line and the environment of the server add. */
export interface ApacheStart {
  /** Folder that relative paths are relative to, until a ServerRoot says another. */
  readonly root: string
  /** Names given by `-D`; left out: not known. */
  readonly defines?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

const most = 20_000

/** AP_MAX_INCLUDE_DIR_DEPTH of Apache. */
const deepestFolder = 20

/** Compiled in everywhere that this was looked at. */
const builtIn = 'core http_core mod_so mod_watchdog mod_log_config mod_logio mod_version mod_unixd'

/** One loading: what every step of it needs. */
interface Loading {
  readonly files: Files
  readonly notes: Notes
  readonly state: State
}

export async function loadApache(
  main: string,
  files: Files,
  start: ApacheStart,
  notes: Notes,
): Promise<readonly ApacheDirective[]> {
  const state: State = {
    root: start.root,
    defines: new Set(start.defines ?? []),
    values: new Map(Object.entries(start.environment ?? {})),
    modules: new Set(builtIn.split(' ').map((name) => `${name}.c`)),
    macros: new Map(),
    isPart: false,
    knowsDefines: start.defines !== undefined,
    opened: 0,
  }
  return load(main, [], null, { files, notes, state })
}

async function load(
  path: string,
  above: readonly string[],
  place: ApacheDirective | null,
  loading: Loading,
): Promise<readonly ApacheDirective[]> {
  const { files, notes, state } = loading
  const missing = (because: string) => cannotRead(notes, place?.file ?? path, place?.line ?? null, because)
  if (above.includes(path)) missing(`${path} includes itself`)
  else if (++state.opened > most) missing(`more than ${most} files are included`)
  else {
    const text = await readText(files, path, missing)
    if (text === null) return []
    if (!notes.files.includes(path)) notes.files.push(path)
    const parsed = parseApache(text, path)
    if (parsed.error) cannotRead(notes, path, parsed.error.line, parsed.error.because)
    if (place === null) state.isPart = !isWhole(parsed.directives)
    return expand(parsed.directives, [...above, path], loading)
  }
  return []
}

/** No server runs without a port, and none of its own accord with modules; a file without either is included by one. */
const isWhole = (list: readonly ApacheDirective[]): boolean =>
  list.some(
    (one) =>
      ['listen', 'loadmodule', 'serverroot'].includes(one.name) ||
      /^include(optional)?$/.test(one.name) ||
      isWhole(one.block ?? []),
  )

async function include(one: ApacheDirective, above: readonly string[], loading: Loading): Promise<ApacheDirective[]> {
  const { files, notes, state } = loading
  const all: ApacheDirective[] = []
  const open = one.args.find((arg) => arg.includes('${'))
  if (open) cannotRead(notes, one.file, one.line, `${open} holds a variable that is defined nowhere here`)
  for (const pattern of one.args.filter((arg) => arg !== open))
    for (const path of await includedFiles(files, posix.resolve(state.root, pattern)))
      if (one.name === 'include' || (await files.read(path)) !== null)
        for (const inner of await load(path, above, one, loading)) all.push(inner)
  return all
}

async function expand(
  list: readonly ApacheDirective[],
  above: readonly string[],
  loading: Loading,
): Promise<ApacheDirective[]> {
  const { files, state } = loading
  const all: ApacheDirective[] = []
  for (const raw of list) {
    const one = { ...raw, args: raw.args.map((arg) => withValues(arg, state.values)) }
    learn(one, state)
    const condition = Object.hasOwn(conditions, one.name) ? conditions[one.name] : undefined
    if (condition && one.block) {
      const holds = await condition(one.args, state, files)
      for (const inner of holds ? await expand(one.block, above, loading) : []) all.push(inner)
    } else if (one.name === 'include' || one.name === 'includeoptional')
      for (const inner of await include(one, above, loading)) all.push(inner)
    else if (one.name === 'use') for (const inner of await use(one, above, loading)) all.push(inner)
    else if (one.name === 'macro' && one.block) state.macros.set((one.args[0] ?? '').toLowerCase(), macroOf(one))
    else all.push(one.block ? { ...one, block: await expand(one.block, above, loading) } : one)
  }
  return all
}

async function use(one: ApacheDirective, above: readonly string[], loading: Loading): Promise<ApacheDirective[]> {
  const { notes, state } = loading
  const name = (one.args[0] ?? '').toLowerCase()
  const macro = state.macros.get(name)
  const mark = `macro ${name}`
  const because = !macro
    ? `the macro ${name} is defined nowhere here`
    : above.includes(mark)
      ? `the macro ${name} uses itself`
      : ++state.opened > most
        ? `more than ${most} files and macros`
        : null
  const body = because ?? useMacro(macro as NonNullable<typeof macro>, one.args.slice(1))
  if (typeof body !== 'string') return expand(body, [...above, mark], loading)
  cannotRead(notes, one.file, one.line, body)
  return []
}

/** A folder stands for every file below it (Include in core). */
async function includedFiles(files: Files, pattern: string, depth = 0): Promise<readonly string[]> {
  const all: string[] = []
  for (const path of await expandGlob(files, pattern)) {
    const names = depth > deepestFolder ? [] : await files.list(path)
    if (names === null) all.push(path)
    else for (const name of names) all.push(...(await includedFiles(files, posix.join(path, name), depth + 1)))
  }
  return all
}

const withValues = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\$\{([^}:]+)\}/g, (all, name: string) => values.get(name) ?? all)

const definitions: Readonly<Record<string, (args: readonly string[], state: State) => void>> = {
  define: ([name = '', value], state) => {
    state.defines.add(name)
    if (value !== undefined) state.values.set(name, value)
  },
  undefine: ([name = ''], state) => {
    state.defines.delete(name)
    state.values.delete(name)
  },
  loadmodule: ([name = '', path = ''], state) => {
    state.modules.add(name)
    state.modules.add(`${posix.basename(path).replace(/\.so$/, '')}.c`)
  },
  serverroot: ([path = ''], state) => {
    if (!path.includes('${')) state.root = posix.resolve(state.root, path)
  },
}

function learn(one: ApacheDirective, state: State): void {
  if (Object.hasOwn(definitions, one.name)) definitions[one.name]?.(one.args, state)
}

async function readText(files: Files, path: string, missing: (because: string) => void): Promise<string | null> {
  try {
    const text = await files.read(path)
    if (text === null) missing(`${path} is not there`)
    return text
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    missing(cause.message)
    return null
  }
}
