/** Each use of a name that next-auth gave: what takes its place, or what a person has to decide. */
import { bare, child, children, isFunction, type Node, textAt } from '../../syntax/node.ts'
import { type Edit, isInside } from '../edit.ts'
import { enclosing, type NextModule, outermost, quoteOf } from './next-module.ts'
import type { Program } from './program.ts'
import type { Role } from './roles.ts'

export interface UsePlan {
  readonly edits: readonly Edit[]
  readonly open: readonly { readonly node: Node; readonly decide: string }[]
  /** Calls that verify the assertion from now on. */
  readonly guards: readonly Node[]
}

const done = (edits: readonly Edit[], guards: readonly Node[] = []): UsePlan => ({ edits, open: [], guards })
const ask = (node: Node, decide: string): UsePlan => ({ edits: [], open: [{ node, decide }], guards: [] })

type Replace = (module: NextModule, use: Node, call: Node | undefined) => UsePlan

const sentences = {
  'sign-in':
    'a sign-in is begun here: decide whether it is still wanted once Lockgate signs users in before they reach a page, and take it out if not',
  browser:
    'the session is read in the browser: decide which server component hands it what of the assertion it needs, and take `SessionProvider` and `useSession` out',
  token: "next-auth's token is read here: decide what of it is identity, and read that of `lockgate(request)`",
  guard: 'a guard of next-auth with rules of its own: decide which of them policy.yaml takes over',
  update: 'the session is changed here: decide where what is changed is kept without one',
  handlers: "next-auth's own route is used here: decide what is meant to answer it once it is gone",
  options: "next-auth's configuration is used here: decide what of it is still needed once it is gone",
  wrapped: 'a route is wrapped here: decide what it does without a session, and ask `lockgate(request)` in it',
  other: 'a part of next-auth is used here: decide what takes its place once next-auth is gone',
} as const

const decided =
  (sentence: string): Replace =>
  (_module, use) =>
    ask(use, sentence)

const replacements: Readonly<Record<Role, Replace>> = {
  factory: decided(sentences.other),
  other: decided(sentences.other),
  options: decided(sentences.options),
  handlers: decided(sentences.handlers),
  'sign-in': decided(sentences['sign-in']),
  browser: decided(sentences.browser),
  token: decided(sentences.token),
  guard: decided(sentences.guard),
  update: decided(sentences.update),
  user: () => done([]),
  session: (module, use, call) => (call ? asked(module, call, 'kept') : passedOn(module, use)),
  'server-session': (module, use, call) => (call ? asked(module, call, 'inline') : passedOn(module, use)),
  'sign-out': (module, use, call) => left(module, use, call, "redirect('/.lockgate/logout')", 'server'),
  'browser-sign-out': (module, use, call) =>
    left(module, use, call, "window.location.assign('/.lockgate/logout')", 'browser'),
}

export function usePlans(program: Program, module: NextModule, settled: readonly Edit[]): readonly UsePlan[] {
  return [...program.rolesIn(module.file)].flatMap(([name, role]) =>
    module
      .usesOf(name)
      .filter((use) => !isInside(use, settled))
      .map((use) => {
        const above = module.parentOf(use)
        const call = above?.type === 'CallExpression' && child(above, 'callee') === use ? above : undefined
        if (role === 'options' && isAskedWith(program, module, above)) return done([])
        return replacements[role](module, use, call)
      }),
  )
}

/** `getServerSession(options)`, which is rewritten as a whole. */
const isAskedWith = (program: Program, { file }: NextModule, call: Node | undefined): boolean =>
  call?.type === 'CallExpression' &&
  program.rolesIn(file).get(textAt(bare(child(call, 'callee')), 'name') ?? '') === 'server-session'

/** A name that is exported again, or cached, stays what it is. */
const passedOn = (module: NextModule, use: Node): UsePlan =>
  module.parentOf(use)?.type === 'ExportSpecifier' || isCachedUse(module, use)
    ? done([])
    : ask(use, 'the function that gives the session is handed on: decide what takes its place')

function isCachedUse({ parentOf, context }: NextModule, use: Node): boolean {
  const call = parentOf(use)
  return call?.type === 'CallExpression' && context.originOf(child(call, 'callee')) === 'react.cache'
}

/** `auth()` stays, as its definition changes; `getServerSession(options)` and `auth(req, res)` name where the request is. */
function asked(module: NextModule, call: Node, way: 'kept' | 'inline'): UsePlan {
  const args = children(call, 'arguments')
  const [first] = args
  if (way === 'kept' && args.length === 0) return done([], [call])
  if (way === 'inline' && args.length < 2) return inlined(module, call)
  const inner = bare(first)
  if (!first || !inner || !/^(Identifier|MemberExpression)$/.test(inner.type) || args.length > 3)
    return ask(call, sentences.wrapped)
  const text = module.context.text.slice(first.start, first.end)
  if (args.length === 1 && !/^(ctx|context)$/.test(text)) return ask(call, sentences.wrapped)
  return done([replace(call, `lockgate(${args.length === 1 ? `${text}.req` : text})`)], [call])
}

const replace = (node: Node, text: string): Edit => ({ start: node.start, end: node.end, text })

function inlined(module: NextModule, call: Node): UsePlan {
  const owner = enclosing(module, call, isFunction)
  const isAwaitable = owner ? owner.async === true : true
  if (!isAwaitable)
    return ask(call, 'the session is asked in a function that is not async: make it one, then run this again')
  if (
    module.usesOf('headers').length > 0 &&
    module.context.originOf(module.usesOf('headers')[0]) !== 'next/headers.headers'
  )
    return ask(call, '`headers` is a name of something else here: give it another one, then run this again')
  return done([replace(call, 'lockgate(await headers())')], [call])
}

/** A sign-out as a statement, or as all that a function does. */
function left(
  module: NextModule,
  use: Node,
  call: Node | undefined,
  text: string,
  where: 'server' | 'browser',
): UsePlan {
  const handedOn = ask(use, 'a sign-out is handed on here: decide what leads to `/.lockgate/logout` in its place')
  if (!call) return handedOn
  const [inner, above] = outermost(module, call)
  const alone =
    above?.type === 'ExpressionStatement' ||
    above?.type === 'ReturnStatement' ||
    (above?.type === 'ArrowFunctionExpression' && child(above, 'body') === inner)
  if (!alone) return handedOn
  const taken = where === 'server' ? module.usesOf('redirect') : []
  if (taken.length > 0 && module.context.originOf(taken[0]) !== 'next/navigation.redirect')
    return ask(use, '`redirect` is a name of something else here: give it another one, then run this again')
  return done([replace(inner, text.replaceAll("'", quoteOf(module)))])
}
