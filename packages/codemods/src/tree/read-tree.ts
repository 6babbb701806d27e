/** Candidates of a tree, one after the other: walked, filtered by text, decoded. Nothing is kept. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Language, languageOf } from './languages.ts'
import { isMinified, isTooDeep, mayMatter } from './prefilter.ts'
import { isTestFile, walkFiles } from './walk-files.ts'

/** `text` is null for what could not be read, and `because` says why. */
export type Entry =
  | { readonly file: string; readonly language: Language; readonly text: string }
  | { readonly file: string; readonly text: null; readonly because: string }
  | { readonly file: string; readonly text: undefined }

const largest = 1_048_576
const filesInOneTurn = 128

/** Yields each file of code; `text: undefined` where the filter saw that it cannot matter. Throws the signal's reason. */
export async function* readTree(root: string, signal: AbortSignal | undefined): AsyncGenerator<Entry> {
  let count = 0
  const unlisted: Entry[] = []
  const onFailed = (folder: string, code: string): void => {
    unlisted.push({ file: folder, text: null, because: `folder cannot be listed: ${code}` })
  }
  for (const file of walkFiles(root, { onFailed })) {
    yield* unlisted.splice(0)
    const language = languageOf(file)
    if (language === null || isTestFile(file)) continue
    if (++count % filesInOneTurn === 0) {
      await nextTurn()
      signal?.throwIfAborted()
    }
    yield readEntry(root, file, language)
  }
  yield* unlisted
  signal?.throwIfAborted()
}

function readEntry(root: string, file: string, language: Language): Entry {
  try {
    const bytes = readBytes(join(root, file))
    if (bytes === null) return { file, text: null, because: 'larger than 1 MB: not read' }
    const latin = decodeWide(bytes) ?? bytes.toString('latin1')
    if (!file.includes('.', file.lastIndexOf('/')) && !/^#!.*\bnode\b/.test(latin)) return { file, text: undefined }
    if (latin.slice(0, 8_000).includes('\0')) return { file, text: null, because: 'binary: not read' }
    if (!mayMatter(language, latin)) return { file, text: undefined }
    if (language === 'javascript' && isMinified(file, latin)) return { file, text: null, because: 'minified: not read' }
    if (isTooDeep(latin)) return { file, text: null, because: 'nested too deeply: not read' }
    return { file, language, text: decodeWide(bytes) ?? bytes.toString('utf8') }
  } catch (cause) {
    return { file, text: null, because: `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}` }
  }
}

/** UTF-16 by its byte order mark. */
function decodeWide(bytes: Buffer): string | undefined {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  return first === 0xfe && second === 0xff ? new TextDecoder('utf-16be').decode(bytes) : undefined
}

/** Null for what is too large. */
function readBytes(path: string): Buffer | null {
  const handle = openSync(path, 'r')
  try {
    return fstatSync(handle).size > largest ? null : readFileSync(handle)
  } finally {
    closeSync(handle)
  }
}
