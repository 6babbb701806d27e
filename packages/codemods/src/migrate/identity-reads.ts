/** Where a program reads who the user is: `req.user.email`, `req.session.user`, `ctx.state.user.sub`. */
import { bare, child, children, dotted, isFunction, keyName, type Node, textAt } from '../syntax/node.ts'
import { visit } from '../syntax/tree.ts'
import { type Edit, isInside } from './edit.ts'
import { isTested } from './replacements.ts'
import type { Scene } from './scene.ts'
import { claims } from './target.ts'

interface Range {
  readonly start: number
  readonly end: number
}

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
  nestjs: /^((ctx|context)\.)?(req|request)\.user$/,
  hapi: /^(req|request)\.auth\.credentials$/,
}
const sessions = /^(req|request|ctx|context|this)\.session$/
const identityKey = /^(user|account|currentUser)$/
const scalarKey =
  /^(user_?id|uid|username|email|isLoggedIn|logged_?[iI]n|loggedin|isAuth|isAuthenticated|authenticated)$/

export function identityReads(scene: Scene, settled: readonly Edit[]): IdentityReads {
  const edits: Edit[] = []
  const open: OpenRead[] = []
  const seen: Node[] = []
  visit(scene.context.tree, (node) => {
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
  if (holders[scene.target.framework]?.test(name) || isOfNestRequest(scene, node))
    return held(scene, node, propertyOf(node))
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

/** `context.switchToHttp().getRequest().user`, and the user of what `@Req()` names as it likes. */
function isOfNestRequest({ target, context }: Scene, node: Node): boolean {
  if (target.framework !== 'nestjs' || keyName(node) !== 'user') return false
  const object = bare(child(node, 'object'))
  if (object?.type === 'CallExpression') return keyName(bare(child(object, 'callee'))) === 'getRequest'
  const name = textAt(object, 'name')
  return (
    name !== undefined && new RegExp(`@(Req|Request)\\(\\)\\s*${name.replaceAll('$', '\\$')}\\b`).test(context.text)
  )
}

/** `const { user } = req` and `({ session }, res) => …`. */
function takenApart({ parentOf, options }: Scene, node: Node): OpenRead | undefined {
  if (node.type !== 'ObjectPattern') return undefined
  const above = parentOf(node)
  const ofRequest =
    above?.type === 'VariableDeclarator' &&
    (/^(req|request|ctx\.state)$/.test(dotted(child(above, 'init')) ?? '') ||
      keyName(bare(child(bare(child(above, 'init')), 'callee'))) === 'getRequest')
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

const propertyOf = (node: Node): Range => {
  const name = child(node, 'property')
  return { start: name?.start ?? node.start, end: name?.end ?? node.end }
}

/** The object with the user: what is read of it decides. */
function held(scene: Scene, node: Node, range: Range): Read {
  if (isWritten(scene, node)) return setHere(node)
  if (isTested(scene.parentOf, node)) return { edits: [{ ...range, text: scene.target.identity }] }
  const above = outer(scene, node)
  if (above?.type === 'MemberExpression') return member(scene, node, above, range)
  const names = destructured(above)
  const whole = own(scene.options.map, keyName(node) ?? '')
  if (names.length === 0 && whole !== undefined)
    return { edits: [{ ...range, text: `${scene.target.identity}?.${whole}` }] }
  if (names.length === 0) return handedOn(node, keyName(node))
  const other = names.find((one) => one === undefined || claimOf(scene, one) !== one)
  return names.some((one) => claimOf(scene, one) !== one)
    ? unplaced(node, `${dotted(node)}.${other}`, other)
    : { edits: [{ ...range, text: scene.target.identity }] }
}

/** `req.user.email`, and `req.auth.user.id` where the map has `user.id`. */
function member(scene: Scene, node: Node, above: Node, range: Range): Read {
  const further = outer(scene, above)
  const isDeep = further?.type === 'MemberExpression' && !isCalled(scene, further) && keyName(further) !== 'length'
  const name = keyName(above)
  if (isDeep) {
    const path = `${name}.${keyName(further)}`
    const claim = own(scene.options.map, path)
    return claim === undefined
      ? unplaced(node, `${dotted(node)}.${path}`, path)
      : { edits: [{ start: range.start, end: propertyOf(further).end, text: `${scene.target.identity}?.${claim}` }] }
  }
  const claim = claimOf(scene, name)
  if (isWritten(scene, above)) return setHere(above)
  if (claim === undefined) return unplaced(node, `${dotted(node)}.${name}`, name)
  const renamed: Edit = { ...range, text: scene.target.identity }
  return { edits: claim === name ? [renamed] : [renamed, { ...propertyOf(above), text: claim }] }
}

const isCalled = ({ parentOf }: Scene, node: Node): boolean => child(parentOf(node), 'callee') === node

const setHere = (node: Node): OpenRead => ({
  node,
  decide: `\`${dotted(node)}\` is set here: decide what sets it once the identity comes with the assertion`,
})

const unplaced = (node: Node, shown: string, name: string | undefined): OpenRead => ({
  node,
  decide: `\`${shown}\` has no certain place in the assertion: decide which claim it is (\`--map ${name}=sub\`), or look the user up by one`,
})

const handedOn = (node: Node, name: string | undefined): OpenRead => ({
  node,
  decide: `\`${dotted(node)}\` is handed on whole: decide what of the assertion takes its place (\`--map ${name}=user\` if it is a name)`,
})

function scalar(scene: Scene, node: Node, key: string, range: Range): Read {
  if (isWritten(scene, node)) return setHere(node)
  if (isTested(scene.parentOf, node)) return { edits: [{ ...range, text: scene.target.identity }] }
  const claim = claimOf(scene, key)
  return claim === undefined
    ? unplaced(node, dotted(node) ?? key, key)
    : { edits: [{ ...range, text: `${scene.target.identity}?.${claim}` }] }
}

/** A property's name may be one that every object has, `constructor` for instance. */
const own = (table: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

const claimOf = ({ options }: Scene, name: string | undefined): string | undefined =>
  name === undefined ? undefined : (own(options.map, name) ?? own(claims, name))

/** What the value goes to; a member access only where it is of this object, `x[req.user]` hands it on. */
function outer({ parentOf }: Scene, node: Node): Node | undefined {
  let [inner, above] = [node, parentOf(node)]
  while (above && /^(TSNonNullExpression|TSAsExpression|ChainExpression)$/.test(above.type))
    [inner, above] = [above, parentOf(above)]
  return above?.type === 'MemberExpression' && child(above, 'object') !== inner ? undefined : above
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
