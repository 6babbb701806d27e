/** Reads lockgate.yaml with positions, so that an error says file, line, key, what was expected and the nearest known key. */
import { readFileSync, statSync } from 'node:fs'
import {
  type Document,
  isAlias,
  isCollection,
  isNode,
  isPair,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import { z } from 'zod'
import type { Settings } from './backend.ts'
import { configSchema } from './config.ts'
import { LockgateError } from './error.ts'
import { nearest } from './nearest.ts'
import { keyText, type LineOf, normalise } from './normalise.ts'
import { readQuickly } from './read-quickly.ts'

/** Bytes; 10,000 backends take about 4 MB. */
const largest = 16 * 1024 * 1024

/** Reads, checks and resolves one file. Throws LG1001 to LG1006. */
export function loadConfig(file: string): Settings {
  let bytes: Buffer
  try {
    const { size } = statSync(file)
    if (size > largest) throw tooLarge(file, size)
    bytes = readFileSync(file)
  } catch (cause) {
    if (cause instanceof LockgateError) throw cause
    throw new LockgateError('LG1001', `${file} cannot be read: ${(cause as Error).message}`, { at: { file }, cause })
  }
  if (bytes.includes(0))
    throw new LockgateError('LG1002', `${file} is not text: it holds a NUL byte; expected YAML in UTF-8`, {
      at: { file },
    })
  let source: string
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new LockgateError('LG1002', `${file} is not UTF-8 text; expected YAML in UTF-8`, { at: { file }, cause })
  }
  return parseConfig(source, file)
}

const tooLarge = (file: string, size: number) =>
  new LockgateError('LG1006', `${file} has ${size} bytes; at most ${largest} are read. Is it the right file?`, {
    at: { file },
  })

/** The same for text that is at hand already. */
export function parseConfig(source: string, file = 'lockgate.yaml'): Settings {
  const quick = readQuickly(source)
  if (quick) {
    try {
      return normalise(quick, file)
    } catch {
      // the reader with positions says where the contradiction lies
    }
  }
  return parseWithPositions(source, file)
}

function parseWithPositions(source: string, file: string): Settings {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true })
  const lineAt = (offset: number) => lines.linePos(offset).line
  const broken = document.errors[0]
  if (broken) {
    const line = lineAt(broken.pos[0])
    const because =
      broken.code === 'MULTIPLE_DOCS'
        ? 'a second document begins here (---); lockgate.yaml is one'
        : `not valid YAML: ${broken.message}`
    throw new LockgateError('LG1002', because, { at: { file, line }, cause: broken })
  }
  if (document.contents === null)
    throw new LockgateError('LG1002', 'the file is empty; `lockgate init` writes one to start from', {
      at: { file, line: 1 },
    })
  refuseCycles(document, file, lineAt)
  const lineOf = lineFinder(document, lineAt)
  const value = toValue(document, file)
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) throw firstIssue(parsed.error, value, file, lineOf)
  return normalise(parsed.data, file, lineOf)
}

function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 1_000 })
  } catch (cause) {
    throw new LockgateError('LG1002', `the aliases cannot be followed: ${(cause as Error).message}`, {
      at: { file },
      cause,
    })
  }
}

/** An alias inside the node that it names would never end. */
function refuseCycles(document: Document, file: string, lineAt: (offset: number) => number): void {
  visit(document, {
    Alias(_key, alias, path) {
      const inside = path.some((node) => isCollection(node) && node.anchor === alias.source)
      if (!inside) return
      const line = alias.range ? lineAt(alias.range[0]) : undefined
      throw new LockgateError(
        'LG1002',
        `the alias *${alias.source} stands inside what it names, which never ends; write the value out`,
        {
          at: { file, line },
        },
      )
    },
  })
}

/** The line of the key itself where there is one, of the nearest parent otherwise, as for what `<<` takes in. */
function lineFinder(document: Document, lineAt: (offset: number) => number): LineOf {
  return (path) => {
    let node: Node | null = document.contents as Node | null
    let offset = node?.range?.[0]
    for (const part of path) {
      if (node && isAlias(node)) node = (node.resolve(document) as Node | undefined) ?? null
      if (!node || !isCollection(node)) break
      const item: unknown =
        typeof part === 'number'
          ? node.items[part]
          : node.items.find(
              (one) => isPair(one) && isNode(one.key) && String((one.key as { value?: unknown }).value) === part,
            )
      if (item === undefined) break
      const place = isPair(item) ? (item.key as Node) : (item as Node)
      offset = place.range?.[0] ?? offset
      node = isPair(item) ? (item.value as Node | null) : (item as Node)
    }
    return offset === undefined ? null : lineAt(offset)
  }
}

type Issue = z.core.$ZodIssue

/** Of a union's issues the ones of the branch that got furthest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue
  const branches = issue.errors.filter((branch) => branch.length > 0)
  const best = branches
    .map((branch) => branch[0] as Issue)
    .filter((one) => one.path.length > 0 || one.code === 'unrecognized_keys')
    .sort(
      (a, b) =>
        Number(b.code === 'unrecognized_keys') - Number(a.code === 'unrecognized_keys') ||
        b.path.length - a.path.length,
    )[0]
  return best ? { ...deepest(best), path: [...issue.path, ...best.path] } : issue
}

function firstIssue(error: z.ZodError, value: unknown, file: string, lineOf: LineOf): LockgateError {
  const issues = error.issues.map((one) => deepest(one as Issue))
  const issue = issues.find((one) => one.code === 'unrecognized_keys') ?? (issues[0] as Issue)
  const path = issue.path as (string | number)[]
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] as string
    const known = knownKeys(path)
    const hint = nearest(unknown, known)
    const expected = hint ? `did you mean ${hint}?` : `known here: ${known.join(', ')}`
    return new LockgateError('LG1004', `unknown key ${unknown}; ${expected}`, {
      at: { file, line: lineOf([...path, unknown]) ?? undefined, key: keyText([...path, unknown]) },
    })
  }
  const given = describe(valueAt(value, path))
  return new LockgateError('LG1003', `${keyText(path) || 'the file'}: expected ${expectation(issue)}, found ${given}`, {
    at: { file, line: lineOf(path) ?? undefined, key: keyText(path) },
  })
}

const expectation = (issue: Issue): string =>
  issue.code === 'invalid_value'
    ? issue.values.map(String).join(' | ')
    : issue.code === 'invalid_type'
      ? issue.expected
      : issue.message.replace(/^Invalid input: expected /, '')

const valueAt = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((here, part) => (here as Record<string | number, unknown> | null | undefined)?.[part], value)

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'object' && value !== null) return 'a mapping or list'
  const shown = JSON.stringify(value) ?? String(value)
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown
}

type Shape = { properties?: Record<string, Shape>; items?: Shape; anyOf?: Shape[]; additionalProperties?: unknown }

/** Keys that the schema has at the path, through lists and alternatives. */
function knownKeys(path: readonly (string | number)[]): readonly string[] {
  let shapes: Shape[] = [z.toJSONSchema(configSchema, { unrepresentable: 'any' }) as Shape]
  for (const part of path) {
    const open = shapes.flatMap((one) => [one, ...(one.anyOf ?? [])])
    shapes = open.flatMap((one) => {
      const next = typeof part === 'number' ? one.items : one.properties?.[part]
      return next ? [next] : []
    })
  }
  return [
    ...new Set(
      shapes.flatMap((one) => [one, ...(one.anyOf ?? [])]).flatMap((one) => Object.keys(one.properties ?? {})),
    ),
  ]
}
