/** What a module contributes to the migration of its package: edits, and what a person has to decide first. */
import type { ModuleFacts } from '../analyse-module.ts'
import { lineIndex } from '../line-index.ts'
import type { Found } from '../rules/rule.ts'
import { child, dotted, type Node } from '../syntax/node.ts'
import { type Tree, visit } from '../syntax/tree.ts'
import { decisionOf } from './decisions.ts'
import { type Edit, isInside } from './edit.ts'
import { guardFunctions } from './guard-functions.ts'
import { identityReads } from './identity-reads.ts'
import { isNestLeftover } from './nest-guards.ts'
import { orphans } from './orphans.ts'
import { removals } from './removals.ts'
import { replacementOf } from './replacements.ts'
import type { Decision, Scene, SurveyOptions } from './scene.ts'
import { type Target, targetOf } from './target.ts'

export interface Survey {
  readonly file: string
  readonly target: Target | null
  readonly edits: readonly Edit[]
  /** As long as there is one in the package, nothing of it is rewritten. */
  readonly blockers: readonly Decision[]
  /** What is left to a person whether or not the rest is rewritten. */
  readonly notes: readonly Decision[]
  /** Lines of findings that the edits deal with. */
  readonly rewrittenLines: readonly number[]
  /** Whether a login or a use of its identity is among what is rewritten, and not just a session. */
  readonly identity: boolean
  /** How many places would verify the assertion. */
  readonly guards: number
  /** The line of the first of them, before the change. */
  readonly guardLine: number | null
  /** Names on the request that its guards give the identity to. */
  readonly roots: readonly string[]
}

const nothing = {
  edits: [],
  blockers: [],
  notes: [],
  rewrittenLines: [],
  identity: false,
  guards: 0,
  guardLine: null,
  roots: [],
}
/** A property of that name, read or taken apart; `session` in a comment is none. */
const mentionsIdentity = /[.{,'"`]\s*(user|auth|session)\b/

export function surveyModule({ context, found }: ModuleFacts, options: SurveyOptions): Survey {
  const lineOf = lineIndex(context.text)
  const target = targetOf(context)
  const at = (node: { readonly start: number }, decide: string): Decision => ({
    file: context.file,
    line: lineOf(node.start),
    decide,
  })
  const ask = (one: Found): Decision => at({ start: one.at }, decisionOf(one))
  if (target === null) {
    const [blockers, notes] = partition(found, isBlocking)
    return { ...nothing, file: context.file, target, blockers: blockers.map(ask), notes: notes.map(ask) }
  }
  if (found.length === 0 && options.roots.size === 0 && !mentionsIdentity.test(context.text))
    return { ...nothing, file: context.file, target }
  const scene: Scene = { context, target, options, parentOf: parents(context.tree) }
  const removed = removals(scene, found)
  const guards = guardFunctions(scene, found).filter((one) => !isInside(one.edit, removed.edits))
  const gone = [...removed.edits, ...guards.map((one) => one.edit)]
  const settled = [...gone, ...orphans(scene, [...gone, ...sureReplacements(scene, found, gone)])]
  const isSettled = (one: Found): boolean =>
    isInside(one.node, settled) || guards.some(({ owner }) => owner === one.node)
  const open = found.filter((one) => !isSettled(one))
  const replaced = open.flatMap((one) => replacementOf(scene, one) ?? [])
  const [done, others] = partition(open, (one) => replaced.some((each) => each.found === one))
  const changed = replaced.flatMap((one) => one.edits)
  const left = others.filter((one) => !isInside(one.node, changed))
  const [blocking, noted] = partition(
    left.filter((one) => one.use === undefined),
    (one) => isBlocking(one) && !isNestLeftover(scene, one),
  )
  const reads = identityReads(scene, [...settled, ...replaced.flatMap((one) => one.edits)])
  const starts = [
    ...guards.map((one) => one.edit.start),
    ...done.filter((one) => one.kind !== 'listener').map((one) => one.at),
  ]
  return {
    file: context.file,
    target,
    edits: [
      ...settled,
      ...guards.flatMap((one) => one.further),
      ...replaced.flatMap((one) => one.edits),
      ...reads.edits,
    ],
    blockers: [
      ...blocking.filter((one) => !reads.covers(one.node)).map(ask),
      ...removed.blocked.map(ask),
      ...reads.open.map((one) => at(one.node, one.decide)),
      ...leftovers(scene, settled).map((one) => at(one, lost[target.framework] ?? messagesLost)),
    ],
    notes: noted.map((one) => (isNestLeftover(scene, one) ? at({ start: one.at }, unasked) : ask(one))),
    rewrittenLines: found.filter((one) => isSettled(one) || done.includes(one)).map((one) => lineOf(one.at)),
    identity: gone.length > 0 || reads.edits.length > 0 || done.some((one) => !/^(session|listener)$/.test(one.kind)),
    guards: starts.length,
    guardLine: starts.length > 0 ? lineOf(Math.min(...starts)) : null,
    roots: guards.flatMap((one) => one.roots),
  }
}

const tokenLost =
  'a token is issued here, and what signs it would be gone: decide whether this is a login under another name, and remove it'
const sessionLost =
  'a session is begun or ended here, and what keeps it would be gone: decide whether this is a login under another name, and remove it'
const unasked =
  'no guard asks this any more once they verify the assertion: take it out of its module, with what only it needs'
const messagesLost = 'messages are kept in the session, which would be gone: decide how they are shown without one'

const lost: Readonly<Record<string, string>> = { fastify: tokenLost, hapi: sessionLost }

/** Calls of the plugin that the assertion's takes the place of: they would have nothing to call. */
function leftovers({ context, target }: Scene, settled: readonly Edit[]): readonly Node[] {
  const left: Node[] = []
  visit(context.tree, (node, _ancestors, type) => {
    if (type !== 'CallExpression') return
    const name = dotted(child(node, 'callee')) ?? ''
    const issues = target.framework === 'fastify' && /(\.jwt\.(sign|decode|verify)|\.jwtSign)$/.test(name)
    const flashes =
      target.framework === 'express' &&
      (/^req\.flash$/.test(name) || /^(connect|express)-flash$/.test(context.originOf(child(node, 'callee')) ?? ''))
    const keeps = target.framework === 'hapi' && /\.cookieAuth\.(set|clear|ttl)$/.test(name)
    if ((issues || flashes || keeps) && !isInside(node, settled)) left.push(node)
  })
  return left
}

/** What calls would be replaced, before it is known what else goes with them. */
function sureReplacements(scene: Scene, found: readonly Found[], gone: readonly Edit[]): readonly Edit[] {
  return found.filter((one) => !isInside(one.node, gone)).flatMap((one) => replacementOf(scene, one)?.edits ?? [])
}

/** What makes a half-rewritten program if it stays beside the assertion. */
const isBlocking = (one: Found): boolean =>
  one.use === undefined && /^(session|jwt-verify|strategy|basic-auth)$/.test(one.kind)

function partition<T>(all: readonly T[], test: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(test), all.filter((one) => !test(one))]
}

/** Made when the first one is asked for. */
function parents(tree: Tree): Scene['parentOf'] {
  let above: Map<Node, Node> | undefined
  return (node) => {
    if (above === undefined) {
      above = new Map()
      const known = above
      visit(tree, (one, ancestors) => {
        const parent = ancestors.at(-1)
        if (parent) known.set(one, parent)
      })
    }
    return above.get(node)
  }
}
