/** YAML or JSON as plain values that remember the line of every mapping and list. Safe against cycles and expansion. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
  visit,
} from 'yaml'

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }
export type Mapping = { readonly [key: string]: Value }

export interface Lined {
  readonly values: readonly Value[]
  /** 1-based; the line of the first document for a value that has none, such as a number. */
  lineOf(value: Value): number
  readonly error: { readonly line: number; readonly because: string } | null
}

/** Mappings, lists and scalars that one file may stand for once its aliases are followed. */
const most = 1_000_000

type Parsed = { readonly value: Value } | { readonly because: string; readonly line: number }

function toValue(document: Document, lines: WeakMap<object, number>, lineAt: (offset: number) => number): Parsed {
  const targets = aliasTargets(document)
  let count = 0
  const follow = (node: unknown, above: readonly unknown[]): Value => {
    if (++count > most) throw new RangeError('its aliases stand for more than can be sensible')
    if (above.length > deepest) throw new RangeError(tooDeep)
    if (isAlias(node)) {
      const target = targets.get(node)
      if (target === undefined) throw new RangeError(`the alias *${node.source} names nothing`)
      if (above.includes(target)) throw new RangeError(`the alias *${node.source} stands inside what it names`)
      return follow(target, above)
    }
    if (isScalar(node)) return scalar(node.value)
    const inner = [...above, node]
    const value: Value = isMap(node)
      ? merged(node.items.map((pair) => [key(pair.key), follow(pair.value, inner)] as const))
      : isSeq(node)
        ? node.items.map((item) => follow(item, inner))
        : null
    const start = (node as Node | null)?.range?.[0]
    if (value !== null && start !== undefined) lines.set(value as object, lineAt(start))
    return value
  }
  try {
    return { value: follow(document.contents, []) }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return { because: cause.message, line: 1 }
  }
}

/** What each alias stands for: the last node before it with that anchor. `Alias.resolve` would walk the document for each. */
function aliasTargets(document: Document): ReadonlyMap<unknown, unknown> {
  const anchors = new Map<string, unknown>()
  const targets = new Map<unknown, unknown>()
  visit(document, (_key, node) => {
    if (isAlias(node)) targets.set(node, anchors.get(node.source))
    else if (isNode(node) && node.anchor) anchors.set(node.anchor, node)
  })
  return targets
}

const key = (node: unknown): string => (isScalar(node) ? String(node.value) : '')

const scalar = (value: unknown): Value =>
  value === null || ['boolean', 'number', 'string'].includes(typeof value) ? (value as Value) : String(value)

/** `<<` takes in the keys of what it names, weaker than those beside it (YAML 1.1 merge key). */
function merged(pairs: readonly (readonly [string, Value])[]): Mapping {
  const weak = pairs.filter(([name]) => name === '<<').flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
  const entries = weak.reverse().flatMap((value) => (isMapping(value) ? Object.entries(value) : []))
  return Object.fromEntries([...entries, ...pairs.filter(([name]) => name !== '<<')])
}

export const isMapping = (value: Value | undefined): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** From this many characters on JSON is read without lines, twenty times as fast. */
const largeJson = 1_000_000

function fromJson(text: string): Lined | null {
  try {
    const value = JSON.parse(text) as Value
    const error = isDeep(value) ? { line: 1, because: tooDeep } : null
    return { values: error ? [] : [value], lineOf: () => 1, error }
  } catch {
    return null
  }
}

const deepest = 200
const tooDeep = `it is more than ${deepest} levels deep`

/** Without recursion, so that depth alone breaks nothing. */
function isDeep(root: Value): boolean {
  let level: readonly Value[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true
    level = level.flatMap((value) => (value !== null && typeof value === 'object' ? Object.values(value) : []))
  }
  return false
}

/** Brackets and indentation beyond this would exhaust the parser's own stack. */
function looksDeep(text: string): boolean {
  let depth = 0
  for (const [bracket] of text.matchAll(/[[{\]}]|\n(?=\S)/g)) {
    if (bracket === '\n') depth = 0
    else depth += bracket === '[' || bracket === '{' ? 1 : -1
    if (depth > 1_000) return true
  }
  return /^ {2000}|(- ){1000}/m.test(text)
}

/** All documents of the text; one that is broken ends the list. */
export function parseLined(text: string): Lined {
  const large = text.length > largeJson && /^\s*[[{]/.test(text) ? fromJson(text) : null
  if (large) return large
  if (looksDeep(text)) return { values: [], lineOf: () => 1, error: { line: 1, because: tooDeep } }
  const counter = new LineCounter()
  const lines = new WeakMap<object, number>()
  const lineAt = (offset: number) => counter.linePos(offset).line
  const options = { lineCounter: counter, prettyErrors: false, uniqueKeys: false, logLevel: 'silent' } as const
  const parsed = /^---/m.test(text) ? parseAllDocuments(text, options) : [parseDocument(text, options)]
  const values: Value[] = []
  const lineOf = (value: Value) => (typeof value === 'object' && value !== null ? (lines.get(value) ?? 1) : 1)
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const broken = document.errors[0]
    if (broken) return { values, lineOf, error: { line: lineAt(broken.pos[0]), because: broken.message } }
    const result = toValue(document as Document, lines, lineAt)
    if ('because' in result) return { values, lineOf, error: result }
    values.push(result.value)
  }
  return { values, lineOf, error: null }
}

/** The value at a path of keys; an empty mapping's `null` and a missing key are both undefined. */
export function at(value: Value | undefined, ...path: readonly string[]): Value | undefined {
  let here = value
  for (const part of path) here = isMapping(here) && Object.hasOwn(here, part) ? here[part] : undefined
  return here ?? undefined
}

export const listAt = (value: Value | undefined, ...path: readonly string[]): readonly Value[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export const textAt = (value: Value | undefined, ...path: readonly string[]): string | null => {
  const found = at(value, ...path)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : null
}
