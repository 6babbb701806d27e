/** YAML or JSON as plain values that remember the line of every mapping and list. Safe against cycles and expansion. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
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
const most = 2_000_000

type Parsed = { readonly value: Value } | { readonly because: string; readonly line: number }

function toValue(document: Document, lines: WeakMap<object, number>, lineAt: (offset: number) => number): Parsed {
  let count = 0
  const visit = (node: unknown, above: readonly unknown[]): Value => {
    if (++count > most) throw new RangeError('its aliases stand for more than can be sensible')
    if (above.length > 200) throw new RangeError('it is more than 200 levels deep')
    if (isAlias(node)) {
      const target = node.resolve(document)
      if (target === undefined) throw new RangeError(`the alias *${node.source} names nothing`)
      if (above.includes(target)) throw new RangeError(`the alias *${node.source} stands inside what it names`)
      return visit(target, above)
    }
    if (isScalar(node)) return scalar(node.value)
    const inner = [...above, node]
    const value: Value = isMap(node)
      ? merged(node.items.map((pair) => [key(pair.key), visit(pair.value, inner)] as const))
      : isSeq(node)
        ? node.items.map((item) => visit(item, inner))
        : null
    const start = (node as Node | null)?.range?.[0]
    if (value !== null && start !== undefined) lines.set(value as object, lineAt(start))
    return value
  }
  try {
    return { value: visit(document.contents, []) }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return { because: cause.message, line: 1 }
  }
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
    return { values: [JSON.parse(text) as Value], lineOf: () => 1, error: null }
  } catch {
    return null
  }
}

/** All documents of the text; one that is broken ends the list. */
export function parseLined(text: string): Lined {
  const large = text.length > largeJson && /^\s*[[{]/.test(text) ? fromJson(text) : null
  if (large) return large
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
