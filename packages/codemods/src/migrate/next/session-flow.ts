/** Where next-auth's session goes once a program has it: what is read of it decides whether the assertion can take its place. */
import { child, children, isFunction, keyName, type Node, textAt } from '../../syntax/node.ts'
import type { Edit } from '../edit.ts'
import { isTested } from '../replacements.ts'
import { claims } from '../target.ts'
import { enclosing, type NextModule, outermost } from './next-module.ts'

export type Value = 'session' | 'user'

export interface Flow {
  readonly edits: readonly Edit[]
  readonly open: readonly { readonly node: Node; readonly decide: string }[]
  /** Functions of the module that return the value: their calls are to be followed too. */
  readonly helpers: readonly { readonly name: string; readonly value: Value }[]
}

const none: Flow = { edits: [], open: [], helpers: [] }
const join = (all: readonly Flow[]): Flow => ({
  edits: all.flatMap((one) => one.edits),
  open: all.flatMap((one) => one.open),
  helpers: all.flatMap((one) => one.helpers),
})
const asked = (node: Node, decide: string): Flow => ({ ...none, open: [{ node, decide }] })

type Table = Readonly<Record<string, string>>
const own = (table: Table, name: string): string | undefined => (Object.hasOwn(table, name) ? table[name] : undefined)

/** `image` is there and null: the assertion has none. */
const placed: Table = { ...claims, name: 'name', image: 'image' }

/** `node` is an expression whose value is one; `map` names what the program calls parts of the identity. */
export function sessionFlow(module: NextModule, node: Node, value: Value, map: Table): Flow {
  const [inner, above] = outermost(module, node)
  if (above === undefined || isHarmless(module, inner, above)) return none
  if (above.type === 'MemberExpression' && child(above, 'object') === inner) return member(module, above, value, map)
  if (isOrEmpty(inner, above)) return sessionFlow(module, above, value, map)
  if (above.type === 'VariableDeclarator' && child(above, 'init') === inner)
    return bound(module, child(above, 'id'), above, value, map)
  if (
    above.type === 'AssignmentExpression' &&
    child(above, 'right') === inner &&
    child(above, 'left')?.type === 'Identifier'
  )
    return bound(module, child(above, 'left'), above, value, map)
  if (
    above.type === 'ReturnStatement' ||
    (above.type === 'ArrowFunctionExpression' && child(above, 'body') === inner)
  ) {
    const name = functionName(module, above)
    if (name !== undefined) return { ...none, helpers: [{ name, value }] }
  }
  return asked(
    node,
    `${value === 'user' ? 'the user of the session' : 'the session'} is handed on whole: decide what of the assertion takes its place, and hand on that`,
  )
}

/** `(await auth()) ?? {}`. */
function isOrEmpty(inner: Node, above: Node): boolean {
  const right = child(above, 'right')
  return (
    above.type === 'LogicalExpression' &&
    child(above, 'left') === inner &&
    right?.type === 'ObjectExpression' &&
    children(right, 'properties').length === 0
  )
}

/** Only whether it is there matters. */
function isHarmless({ parentOf }: NextModule, inner: Node, above: Node): boolean {
  if (above.type === 'ExpressionStatement' || isTested(parentOf, inner)) return true
  if (above.type === 'LogicalExpression') return above.operator === '&&' && child(above, 'left') === inner
  if (above.type === 'BinaryExpression') return /^[!=]==?$/.test(String(above.operator))
  return above.type === 'UnaryExpression' && /^(!|typeof|void)$/.test(String(above.operator))
}

function member(module: NextModule, node: Node, value: Value, map: Table): Flow {
  const name = keyName(node) ?? '?'
  const [inner, above] = outermost(module, node)
  if (above?.type === 'AssignmentExpression' && child(above, 'left') === inner)
    return asked(
      node,
      `\`${name}\` of the session is set here: decide what sets it once the identity comes with the assertion`,
    )
  if (value === 'session') return name === 'user' ? sessionFlow(module, node, 'user', map) : unplaced(node, name)
  const claim = own(map, name) ?? own(placed, name)
  if (claim === undefined) return unplaced(node, name)
  const property = child(node, 'property')
  return claim === name || !property
    ? none
    : { ...none, edits: [{ start: property.start, end: property.end, text: claim }] }
}

const unplaced = (node: Node, name: string): Flow =>
  asked(
    node,
    `\`${name}\` of the session has no certain place in the assertion: decide which claim it is (\`--map ${name}=sub\`), or look it up by one`,
  )

/** `const session = …`, `const { user } = …`, `const { email } = session.user`. */
function bound(module: NextModule, pattern: Node | undefined, at: Node, value: Value, map: Table): Flow {
  if (pattern?.type === 'Identifier') {
    const scope = enclosing(module, at, isFunction)
    const uses = module.usesOf(textAt(pattern, 'name') ?? '', scope).filter((one) => one !== pattern)
    return join(uses.map((one) => sessionFlow(module, one, value, map)))
  }
  if (pattern?.type !== 'ObjectPattern')
    return asked(at, 'the session is taken apart here: decide what takes its place')
  return join(
    children(pattern, 'properties').map((one) => {
      const name = keyName(one, 'key') ?? '?'
      if (value === 'session' && name === 'user')
        return bound(module, withoutDefault(child(one, 'value')), at, 'user', map)
      const claim = own(map, name) ?? own(placed, name)
      return value === 'user' && claim === name ? none : unplaced(one, name)
    }),
  )
}

const withoutDefault = (node: Node | undefined): Node | undefined =>
  node?.type === 'AssignmentPattern' ? child(node, 'left') : node

/** The name of the function that returns here: its own, or that of `const name = cache(async () => …)`. */
function functionName(module: NextModule, node: Node): string | undefined {
  const owner = isFunction(node) ? node : enclosing(module, node, isFunction)
  if (!owner) return undefined
  const id = textAt(child(owner, 'id'), 'name')
  if (owner.type === 'FunctionDeclaration') return id
  const [, above] = outermost(module, owner)
  const wrapper =
    above?.type === 'CallExpression' && module.context.originOf(child(above, 'callee')) === 'react.cache'
      ? above
      : undefined
  const declared = wrapper ? outermost(module, wrapper)[1] : above
  return declared?.type === 'VariableDeclarator' ? textAt(child(declared, 'id'), 'name') : undefined
}
