/** Where a program reads who the user is: `req.user.email`, `req.session.user`, `ctx.state.user.sub`. */
import { bare, child, children, dotted, isFunction, keyName, type Node, walk } from '../syntax/node.ts'
import { type Edit, isInside } from './edit.ts'
import { isTested } from './replacements.ts'
import type { Scene } from './survey.ts'
import { claims } from './target.ts'

interface OpenRead {
  readonly node: Node
  readonly decide: string
}

export interface IdentityReads {
  readonly edits: readonly Edit[]
  readonly open: readonly OpenRead[]
  /** Whether a finding is such a read, and so has its edit or its question already. */
  readonly covers: (node: Node) => boolean
}

/** The request in each framework, and the property that holds the user. */
const holders: Readonly<Record<string, RegExp>> = {
  express: /^(req|request)\.(user|auth)$/,
  fastify: /^(req|request|this)\.(user|auth)$/,
  koa: /^(ctx|context)\.(state\.user|req\.user)$/,
  hono: /^c\.user$/,
}
const sessions = /^(req|request|ctx|context|this)\.session$/
const identityKey = /^(user|account|currentUser)$/
const scalarKey =
  /^(user_?id|uid|username|email|isLoggedIn|logged_?[iI]n|loggedin|isAuth|isAuthenticated|authenticated)$/

export function identityReads(scene: Scene, settled: readonly Edit[]): IdentityReads {
  const edits: Edit[] = []
  const open: OpenRead[] = []
  const seen: Node[] = []
  walk(scene.context.program, (node) => {
    if (isInside(node, settled)) return
    const read = node.type === 'MemberExpression' ? readOf(scene, node) : takenApart(scene, node)
    if (!read) return
    seen.push(node)
    if ('decide' in read) open.push(read)
    else edits.push(...read.edits)
  })
  return {
    edits,
    open,
    covers: (node) => seen.some((one) => node.start <= one.start && one.end <= node.end) || isInside(node, edits),
  }
}

type Read = OpenRead | { readonly edits: readonly Edit[] }

function readOf(scene: Scene, node: Node): Read | undefined {
  const name = dotted(node) ?? ''
  if (holders[scene.target.framework]?.test(name)) return held(scene, node, propertyOf(node))
  const object = child(node, 'object')
  const root = /^(?:req|request)\.(\w+)$/.exec(name)?.[1]
  if (root !== undefined && scene.options.roots.has(root))
    return outer(scene, node)?.type === 'MemberExpression'
      ? held(scene, node, propertyOf(node))
      : scalar(scene, node, root, propertyOf(node))
  if (sessions.test(name) && scene.parentOf(node)?.type !== 'MemberExpression')
    return {
      node,
      decide: `\`${name}\` is handed on whole: decide what of it is identity and where the rest is kept without a session`,
    }
  if (!object || !sessions.test(dotted(object) ?? '')) return undefined
  const key = keyName(node) ?? '?'
  const from = propertyOf(object)
  if (identityKey.test(key)) return held(scene, node, { start: from.start, end: propertyOf(node).end })
  if (scalarKey.test(key)) return scalar(scene, node, key, { start: from.start, end: propertyOf(node).end })
  return {
    node,
    decide: `\`${dotted(node)}\` is kept in the session and is not known to be the identity: decide where it is kept without a session`,
  }
}

/** `const { user } = req` and `({ session }, res) => …`. */
function takenApart({ parentOf, options }: Scene, node: Node): OpenRead | undefined {
  if (node.type !== 'ObjectPattern') return undefined
  const above = parentOf(node)
  const ofRequest =
    above?.type === 'VariableDeclarator' && /^(req|request|ctx\.state)$/.test(dotted(child(above, 'init')) ?? '')
  if (!ofRequest && !isFunction(above)) return undefined
  const name = children(node, 'properties')
    .map((one) => keyName(one, 'key') ?? '')
    .find((one) => (ofRequest && /^(user|auth)$/.test(one)) || one === 'session' || options.roots.has(one))
  return name === undefined
    ? undefined
    : {
        node,
        decide: `\`${name}\` is taken out of the request: decide what of the assertion (\`lockgate\`) takes its place`,
      }
}

const propertyOf = (node: Node): { start: number; end: number } => {
  const name = child(node, 'property')
  return { start: name?.start ?? node.start, end: name?.end ?? node.end }
}

/** The object with the user: what is read of it decides. */
function held(scene: Scene, node: Node, range: { start: number; end: number }): Read {
  const renamed: Edit = { ...range, text: 'lockgate' }
  if (isWritten(scene, node))
    return {
      node,
      decide: `\`${dotted(node)}\` is set here: decide what sets it once the identity comes with the assertion`,
    }
  if (isTested(scene.parentOf, node)) return { edits: [renamed] }
  const above = outer(scene, node)
  const names = above?.type === 'MemberExpression' ? [keyName(above)] : destructured(above)
  if (names.length === 0)
    return {
      node,
      decide: `\`${dotted(node)}\` is handed on whole: decide what of the assertion (sub, user, email, groups) takes its place`,
    }
  const unknown = names.find((one) => claimOf(scene, one) === undefined)
  if (unknown !== undefined || (above?.type !== 'MemberExpression' && names.some((one) => claimOf(scene, one) !== one)))
    return {
      node,
      decide: `\`${dotted(node)}.${unknown ?? names[0]}\` has no certain place in the assertion: decide which claim it is (\`--map ${unknown ?? names[0]}=sub\`), or look the user up by one`,
    }
  const property = above?.type === 'MemberExpression' ? propertyOf(above) : undefined
  const claim = claimOf(scene, names[0]) as string
  return { edits: property && claim !== names[0] ? [renamed, { ...property, text: claim }] : [renamed] }
}

function scalar(scene: Scene, node: Node, key: string, range: { start: number; end: number }): Read {
  if (isWritten(scene, node))
    return {
      node,
      decide: `\`${dotted(node)}\` is set here: decide what sets it once the identity comes with the assertion`,
    }
  if (isTested(scene.parentOf, node)) return { edits: [{ ...range, text: 'lockgate' }] }
  const claim = claimOf(scene, key)
  if (claim === undefined)
    return {
      node,
      decide: `\`${dotted(node)}\` has no certain place in the assertion: decide which claim it is (\`--map ${key}=sub\`), or look the user up by one`,
    }
  return { edits: [{ ...range, text: `lockgate?.${claim}` }] }
}

const claimOf = ({ options }: Scene, name: string | undefined): string | undefined =>
  name === undefined ? undefined : (options.map[name] ?? claims[name])

function outer({ parentOf }: Scene, node: Node): Node | undefined {
  let above = parentOf(node)
  while (above && /^(TSNonNullExpression|TSAsExpression|ChainExpression|ParenthesizedExpression)$/.test(above.type))
    above = parentOf(above)
  return above && bare(child(above, 'object')) === undefined && above.type === 'MemberExpression' ? undefined : above
}

/** The names in `const { email } = req.user`; none for anything else. */
function destructured(above: Node | undefined): readonly (string | undefined)[] {
  const pattern = above?.type === 'VariableDeclarator' ? child(above, 'id') : undefined
  return pattern?.type === 'ObjectPattern' ? children(pattern, 'properties').map((one) => keyName(one, 'key')) : []
}

function isWritten({ parentOf }: Scene, node: Node): boolean {
  const above = parentOf(node)
  if (above?.type === 'AssignmentExpression') return child(above, 'left') === node
  return above?.type === 'UnaryExpression' && above.operator === 'delete'
}
