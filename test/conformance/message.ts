/** HTTP/1.1 messages as they came over the wire: start line, header lines in order and spelling, body, trailers. */
import { createHash } from 'node:crypto'
import type { ByteReader } from './byte-reader.ts'

export type Field = readonly [name: string, value: string]

export interface Body {
  readonly length: number
  readonly sha256: string
  /** The first 64 KiB, as latin1. */
  readonly text: string
  readonly trailers: readonly Field[]
  /** False when the message ended before its body did. */
  readonly complete: boolean
}

export interface Head {
  readonly start: string
  readonly fields: readonly Field[]
}

/** null at the end of the stream. Lines are kept as they are, whatever they look like. */
export async function readHead(reader: ByteReader): Promise<Head | null> {
  let start = await reader.line()
  while (start === '\r\n') start = await reader.line()
  if (start === null) return null
  const fields = await readFields(reader)
  return fields === null ? null : { start: start.trimEnd(), fields }
}

async function readFields(reader: ByteReader): Promise<readonly Field[] | null> {
  const fields: Field[] = []
  for (;;) {
    const line = await reader.line()
    if (line === null) return null
    if (line === '\r\n' || line === '\n') return fields
    const colon = line.indexOf(':')
    fields.push([line.slice(0, Math.max(0, colon)), line.slice(colon + 1).trim()])
  }
}

export const valuesOf = (fields: readonly Field[], name: string): readonly string[] =>
  fields.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)

const kept = 64 * 1024

interface Collector {
  add(piece: Buffer): void
  done(complete: boolean, trailers?: readonly Field[]): Body
}

function collector(onPiece: (piece: Buffer) => void): Collector {
  const hash = createHash('sha256')
  let length = 0
  let text = ''
  return {
    add: (piece) => {
      hash.update(piece)
      if (text.length < kept) text += piece.toString('latin1', 0, kept - text.length)
      length += piece.length
      onPiece(piece)
    },
    done: (complete, trailers = []) => ({ length, sha256: hash.digest('hex'), text, trailers, complete }),
  }
}

export type Framing = { readonly length: number } | 'chunked' | 'until-close'

/** RFC 9112 §6.3, for a message that a proxy wrote. */
export function framingOf(fields: readonly Field[], otherwise: Framing): Framing {
  if (valuesOf(fields, 'transfer-encoding').some((one) => /\bchunked$/i.test(one))) return 'chunked'
  const [length] = valuesOf(fields, 'content-length')
  return length === undefined ? otherwise : { length: Number(length) }
}

export async function readBody(
  reader: ByteReader,
  framing: Framing,
  onPiece: (piece: Buffer) => void = () => undefined,
): Promise<Body> {
  const into = collector(onPiece)
  if (framing === 'until-close') {
    await reader.rest(into.add)
    return into.done(true)
  }
  if (framing !== 'chunked') return into.done(await reader.take(framing.length, into.add))
  for (;;) {
    const size = Number.parseInt((await reader.line()) ?? '', 16)
    if (Number.isNaN(size)) return into.done(false)
    if (size === 0) {
      const trailers = await readFields(reader)
      return into.done(trailers !== null, trailers ?? [])
    }
    if (!(await reader.take(size, into.add))) return into.done(false)
    await reader.line()
  }
}
