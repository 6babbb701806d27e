/** Constants and functions of a module that only what goes away had used: they go with it. */
import { bare, child, children, isFunction, type Node, textAt } from '../syntax/node.ts'
import { type Edit, isInside, wholeLines } from './edit.ts'
import type { Scene } from './scene.ts'

interface Declared {
  readonly name: string
  readonly statement: Node
}

/** Asked again until nothing more comes: what only an orphan used is one too. */
export function orphans(scene: Pick<Scene, 'context'>, gone: readonly Edit[]): readonly Edit[] {
  if (gone.length === 0) return []
  const declared = declarations(scene.context.program)
  const words = wordsOf(scene.context.text, new Set(declared.map((one) => one.name)))
  const found: Edit[] = []
  for (let more = true; more; ) {
    const next = declared.find(
      (one) => !isInside(one.statement, found) && isOrphan(one, words.get(one.name) ?? [], [...gone, ...found]),
    )
    more = next !== undefined
    if (next) found.push(wholeLines(scene.context.text, next.statement.start, next.statement.end))
  }
  return found
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Where each of the names stands. A word in a comment or in a string counts as a use: then what it names stays. */
function wordsOf(text: string, names: ReadonlySet<string>): ReadonlyMap<string, readonly Range[]> {
  const words = new Map<string, Range[]>()
  for (const { 0: word, index } of text.matchAll(/[\w$]+/g)) {
    if (!names.has(word)) continue
    const places = words.get(word) ?? []
    words.set(word, places)
    places.push({ start: index, end: index + word.length })
  }
  return words
}

function isOrphan({ statement }: Declared, words: readonly Range[], gone: readonly Edit[]): boolean {
  const others = words.filter((one) => one.start < statement.start || one.end > statement.end)
  return others.length > 0 && others.every((one) => isInside(one, gone))
}

/** Top-level, not exported, one name a statement, and its value made without doing anything. */
function declarations(program: Node): readonly Declared[] {
  return children(program, 'body').flatMap((statement) => {
    const name = textAt(child(statement, 'id'), 'name')
    if (statement.type === 'FunctionDeclaration' && name) return [{ name, statement }]
    const [only, more] = children(statement, 'declarations')
    const own = textAt(child(only, 'id'), 'name')
    return own && !more && isInert(bare(child(only, 'init'))) ? [{ name: own, statement }] : []
  })
}

const inert =
  /^(Literal|TemplateLiteral|Identifier|MemberExpression|LogicalExpression|UnaryExpression|BinaryExpression|ConditionalExpression)$/

function isInert(node: Node | undefined): boolean {
  if (node === undefined) return false
  if (isFunction(node) || inert.test(node.type)) return true
  if (node.type === 'ArrayExpression') return children(node, 'elements').every((one) => isInert(bare(one)))
  return (
    node.type === 'ObjectExpression' && children(node, 'properties').every((one) => isInert(bare(child(one, 'value'))))
  )
}
