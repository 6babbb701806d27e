/** Everything that is printed: one JSON document or text on stdout, progress and errors on stderr. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ErrorPlace, LockgateError } from '@lockgate/model'
import pc from 'picocolors'

export const isBroken = (cause: Error): boolean => (cause as NodeJS.ErrnoException).code === 'EPIPE'

const placeText = (at: ErrorPlace | undefined): string =>
  at ? [at.file, at.line, at.key].filter((part) => part !== undefined).join(':') : ''

function errorAnswer(error: LockgateError): object {
  const at = error.at && Object.fromEntries(Object.entries(error.at).filter(([, value]) => value !== undefined))
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(at && Object.keys(at).length > 0 ? { at } : {}),
      help: error.help,
    },
  }
}

export function reportError(error: LockgateError, json: boolean): number {
  if (json) process.stdout.write(`${JSON.stringify(errorAnswer(error))}\n`)
  const place = placeText(error.at)
  process.stderr.write(`${pc.red(error.code)} ${place ? `${place}: ` : ''}${printable(error.message)}\n`)
  process.stderr.write(pc.dim(`  lockgate explain ${error.code}\n`))
  return error.exit
}

/** Only bugs show a stack. */
export function reportBug(cause: unknown, json: boolean): number {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  if (json)
    process.stdout.write(
      `${JSON.stringify({ error: { code: 'LG9999', message: error.message, help: 'playbooks/errors.md#lg9999' } })}\n`,
    )
  process.stderr.write(`this is a bug of lockgate, please report it:\n${error.stack}\n`)
  return 3
}

/** The colours and weights that this program itself prints, and nothing else that a terminal obeys. */
const ownStyle = /(\u001b\[(?:1|2|22|31|32|33|39)m)/
const obeyed = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const escapeCharacter = (character: string): string =>
  `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}`

/** What hosts and configurations say may hold control and bidirectional characters, which a terminal would obey. */
export const printable = (text: string): string =>
  text
    .split(ownStyle)
    .map((part) => (ownStyle.test(part) ? part : part.replace(obeyed, escapeCharacter)))
    .join('')

export interface Output {
  /** One line of the human answer; silent with --json. */
  say(line: string): void
  /** The machine's answer; silent without --json. Printed as fast as it is read, until `written`. */
  answer(value: unknown): void
  /** Resolves once all answers have been handed over. */
  written(): Promise<void>
  /** What is going on, on stderr. */
  progress(text: string): void
  /** What a person must know though the command went on, on stderr. */
  warn(text: string): void
  /** Ends a progress line that is being rewritten. */
  settle(): void
}

function* documentPieces(value: unknown): Generator<string> {
  yield* jsonPieces(value)
  yield '\n'
}

/** A long list is printed entry by entry, so that a plan of many thousand files is never one string. */
function* jsonPieces(value: unknown): Generator<string> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    yield JSON.stringify(value)
    return
  }
  let opening = '{'
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue
    yield `${opening}${JSON.stringify(key)}:`
    opening = ','
    if (Array.isArray(inner)) yield* listPieces(inner)
    else yield JSON.stringify(inner)
  }
  yield opening === '{' ? '{}' : '}'
}

function* listPieces(list: readonly unknown[]): Generator<string> {
  let opening = '['
  for (const entry of list) {
    yield `${opening}${JSON.stringify(entry)}`
    opening = ','
  }
  yield opening === '[' ? '[]' : ']'
}

/** Characters that are written at once. */
const chunkSize = 64 * 1024

function* chunks(pieces: Iterable<string>): Generator<string> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length < chunkSize) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}

const refreshMs = 80

export function createOutput(options: { readonly json: boolean; readonly quiet: boolean }): Output {
  const live = process.stderr.isTTY === true
  let last = 0
  let open = false
  let writing = Promise.resolve()
  const clear = () => {
    if (open) process.stderr.write('\r\x1b[2K')
    open = false
  }
  return {
    say(line) {
      clear()
      if (!options.json) process.stdout.write(`${printable(line)}\n`)
    },
    answer(value) {
      clear()
      if (!options.json) return
      const print = () => pipeline(Readable.from(chunks(documentPieces(value))), process.stdout, { end: false })
      writing = writing.then(print)
      writing.catch(() => {})
    },
    written: () => writing,
    progress(text) {
      if (options.quiet) return
      const now = Date.now()
      if (now - last < (live ? refreshMs : 1_000)) return
      last = now
      const shown = printable(text.replaceAll('\n', ' '))
      if (!live) process.stderr.write(`${shown}\n`)
      else {
        process.stderr.write(`\r\x1b[2K${pc.dim(shown.slice(0, (process.stderr.columns ?? 80) - 1))}`)
        open = true
      }
    },
    warn(text) {
      clear()
      process.stderr.write(`${pc.yellow(printable(text))}\n`)
    },
    settle: clear,
  }
}
