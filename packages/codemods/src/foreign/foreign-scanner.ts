/** Other languages than JavaScript: ast-grep rules that report only. */
import { createRequire } from 'node:module'
import type { parse as Parse, registerDynamicLanguage as Register, SgNode } from '@ast-grep/napi'
import { loginPath } from '../rules/login-words.ts'
import type { TextFound } from '../rules/tables-text.ts'
import type { Language } from '../tree/languages.ts'
import { csharp } from './csharp.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { go } from './go.ts'
import { java } from './java.ts'
import { php } from './php.ts'
import { python } from './python.ts'
import { ruby } from './ruby.ts'

const rulesOf = { csharp, go, java, php, python, ruby } as const satisfies Record<string, readonly ForeignRule[]>
type ForeignLanguage = keyof typeof rulesOf

const isForeign = (language: Language): language is ForeignLanguage => language in rulesOf

/** What a grammar's package exports. */
interface Registration {
  readonly libraryPath: string
  readonly extensions: string[]
}

type Grammars = { readonly parse: typeof Parse; readonly faults: ReadonlyMap<string, string> }
type Reader = (language: Language, text: string) => { readonly found: readonly TextFound[]; readonly because?: string }

/** The first file of another language loads all grammars; one that does not load makes its files fail, by name. */
export function foreignScanner(): Reader {
  let grammars: Grammars | undefined
  return (language, text) => {
    if (!isForeign(language)) return { found: [], because: `there is no reader for ${language}` }
    grammars ??= loadGrammars()
    const because = grammars.faults.get(language)
    if (because !== undefined) return { found: [], because }
    const root = grammars.parse(language, text).root()
    return { found: rulesOf[language].flatMap((rule) => matches(root, rule)) }
  }
}

function loadGrammars(): Grammars {
  const require = createRequire(import.meta.url)
  const faults = new Map<string, string>()
  const registrations: Record<string, Registration> = {}
  for (const language of Object.keys(rulesOf)) {
    try {
      const one = require(`@ast-grep/lang-${language}`) as Registration
      registrations[language] = { ...one, libraryPath: one.libraryPath }
    } catch (cause) {
      faults.set(language, `the grammar of ${language} does not load: ${(cause as Error).message}`)
    }
  }
  const { parse, registerDynamicLanguage } = require('@ast-grep/napi') as {
    parse: typeof Parse
    registerDynamicLanguage: typeof Register
  }
  registerDynamicLanguage(registrations)
  return { parse, faults }
}

function matches(root: SgNode, rule: ForeignRule): readonly TextFound[] {
  return root.findAll({ rule: { kind: rule.node, regex: rule.text } }).flatMap((node) => {
    const { kind, framework, certainty, route } = rule
    const found = { at: placeOf(node), kind, framework, certainty }
    return route ? asRoute(node.text(), found) : [found]
  })
}

/** Where a reader looks: in a chain of calls at the last one's name, in a declaration below its annotations. */
function placeOf(node: SgNode): number {
  const called = node.field('function')
  const name =
    node.field('name') ??
    called?.field('name') ??
    called?.field('field') ??
    called?.field('attribute') ??
    node.field('method')
  const { start } = node.range()
  const named = name?.range().start
  return named !== undefined && named.line > start.line ? named.index : start.index
}

const firstString = /["']([^"'\n]*)["']|(?<![:\w]):(\w+)/
const verb = /\b(get|post)/i

function asRoute(text: string, found: TextFound): readonly TextFound[] {
  const [, quoted, symbol] = firstString.exec(text) ?? []
  const path = quoted ?? symbol ?? ''
  const certainty = loginPath(path)
  if (certainty === null) return []
  const method = verb.exec(text.slice(0, text.indexOf(path)))?.[1]?.toUpperCase()
  return [
    {
      ...found,
      certainty: found.certainty === 'likely' ? 'likely' : certainty,
      ...(method ? { method } : {}),
      ...(path.startsWith('/') ? { path } : {}),
    },
  ]
}
