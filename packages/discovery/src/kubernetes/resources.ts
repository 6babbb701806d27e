/** Kubernetes manifests below a folder, one value a resource. */
import { posix } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { cannotRead, type Files, type Unread } from '../shapes.ts'
import { at, isMapping, listAt, parseLined, textAt, type Value } from '../yaml-lines.ts'

export interface Resource {
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly value: Value
  readonly file: string
  readonly line: number
}

const mostFiles = 20_000
const isManifest = /\.(ya?ml|json)$/

export async function readResources(folder: string, files: Files, unread: Unread[]): Promise<readonly Resource[]> {
  const found: Resource[] = []
  let opened = 0
  let seen = 0
  const walk = async (path: string, depth: number): Promise<void> => {
    if (depth > 32 || seen++ > mostFiles) return
    const names = await files.list(path)
    if (names === null) {
      if (!isManifest.test(path)) return
      opened++
      for (const one of await readFile(path, files, unread)) found.push(one)
      return
    }
    for (const name of names)
      if (!name.startsWith('.') && name !== 'node_modules') await walk(posix.join(path, name), depth + 1)
  }
  await walk(folder, 0)
  if (opened === 0) cannotRead({ unread }, folder, null, 'there is no .yaml, .yml or .json file in it')
  if (seen > mostFiles)
    cannotRead({ unread }, folder, null, `more than ${mostFiles} files and folders; the rest was not read`)
  return found
}

async function readFile(path: string, files: Files, unread: Unread[]): Promise<readonly Resource[]> {
  let text: string | null
  try {
    text = await files.read(path)
  } catch (cause) {
    if (!(cause instanceof LockgateError)) throw cause
    cannotRead({ unread }, path, null, cause.message)
    return []
  }
  if (text === null) return []
  if (/\{\{[^}]*\}\}/.test(text)) {
    cannotRead({ unread }, path, null, 'it is a template; render it first (`helm template … > FILE`)')
    return []
  }
  const lined = parseLined(text)
  if (lined.error) cannotRead({ unread }, path, lined.error.line, lined.error.because)
  if (/(^|\/)kustomization\.ya?ml$/.test(path))
    cannotRead(
      { unread },
      path,
      null,
      'kustomize changes what stands in these files; render it first (`kubectl kustomize DIR > FILE`)',
    )
  return lined.values.flatMap(unlisted).flatMap((value) => {
    const kind = textAt(value, 'kind')
    const name = textAt(value, 'metadata', 'name')
    if (kind === null || name === null) return []
    const namespace = textAt(value, 'metadata', 'namespace') ?? 'default'
    return [{ kind, name, namespace, value, file: path, line: lined.lineOf(value) }]
  })
}

/** `kind: List` holds others. */
const unlisted = (value: Value): readonly Value[] =>
  isMapping(value) && /List$/.test(textAt(value, 'kind') ?? '') && at(value, 'items') !== undefined
    ? listAt(value, 'items').flatMap(unlisted)
    : [value]
