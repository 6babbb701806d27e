/** The subtree hashes of full segments: what keeps the root provable when a segment's records are gone. */
import { open, readFile } from 'node:fs/promises'
import { digestBytes, digestOf } from './digest.ts'
import { replaceFile } from './durable-file.ts'
import { logFiles } from './log-files.ts'
import { joined, type TreeNode, type TreeRange, treeRange } from './tree-range.ts'

export interface FullSegment {
  readonly first: number
  readonly end: number
  readonly nodes: readonly TreeNode[]
}

export const fullSegment = (range: TreeRange): FullSegment => ({
  first: range.first,
  end: range.end(),
  nodes: range.nodes(),
})

/** The range from 0 that neighbouring segments make together. */
export const rangeOfAll = (full: readonly FullSegment[]): TreeRange =>
  full.reduce((base, one) => joined(base, treeRange(one.first, one.nodes)), treeRange(0))

const subtreeLine = ({ first, end, nodes }: FullSegment): string =>
  `${JSON.stringify({ first, end, nodes: nodes.map((one) => [one.level, digestBytes(one.digest).toString('base64')]) })}\n`

function parseNode(value: unknown): TreeNode {
  const [level, base64] = value as [unknown, unknown]
  const bytes = Buffer.from(String(base64), 'base64')
  if (typeof level !== 'number' || !Number.isInteger(level) || level < 0 || level > 52 || bytes.length !== 32)
    throw new RangeError('Not a subtree')
  return { level, digest: digestOf(bytes) }
}

/** The file is a hint, so a line that makes no sense is as good as none. */
function parseLine(line: string): FullSegment | null {
  try {
    const { first, end, nodes } = JSON.parse(line) as { first: number; end: number; nodes: unknown[] }
    if (!Number.isSafeInteger(first) || first < 0) return null
    const range = treeRange(first, nodes.map(parseNode))
    return range.end() === end && end > first ? fullSegment(range) : null
  } catch {
    return null
  }
}

/** By first record. */
export async function readSubtrees(folder: string): Promise<ReadonlyMap<number, FullSegment>> {
  const text = await readFile(logFiles(folder).subtrees, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return ''
    throw cause
  })
  const read = text.split('\n').map(parseLine)
  return new Map(read.filter((one) => one !== null).map((one) => [one.first, one]))
}

export async function appendSubtrees(folder: string, segments: readonly FullSegment[]): Promise<void> {
  if (segments.length === 0) return
  const handle = await open(logFiles(folder).subtrees, 'a', 0o644)
  try {
    // A line feed first, so that what a crash left half written is a line of its own.
    await handle.writeFile(`\n${segments.map(subtreeLine).join('')}`)
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

export const replaceSubtrees = (folder: string, segments: readonly FullSegment[]): Promise<void> =>
  replaceFile(logFiles(folder).subtrees, segments.map(subtreeLine).join(''))
