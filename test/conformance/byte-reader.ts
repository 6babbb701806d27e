/** Reads lines and counted bytes from a socket without judging them: a parser that forgives nothing would hide what was sent. */

export interface ByteReader {
  /** Up to and with the line feed, as latin1; null at the end. */
  line(): Promise<string | null>
  /** Hands on exactly `length` bytes in pieces; false when the stream ended before. */
  take(length: number, use: (piece: Buffer) => void | Promise<void>): Promise<boolean>
  /** Everything that is left. */
  rest(use: (piece: Buffer) => void): Promise<void>
}

export function byteReader(stream: AsyncIterable<Buffer>): ByteReader {
  const source = stream[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)

  async function more(): Promise<Buffer | null> {
    const next = await source.next()
    return next.done ? null : next.value
  }

  return {
    line: async () => {
      for (;;) {
        const end = held.indexOf(10)
        if (end >= 0) {
          const line = held.toString('latin1', 0, end + 1)
          held = held.subarray(end + 1)
          return line
        }
        const piece = await more()
        if (piece === null) return null
        held = Buffer.concat([held, piece])
      }
    },
    take: async (length, use) => {
      let left = length
      while (left > 0) {
        const piece = held.length > 0 ? held : await more()
        if (piece === null) return false
        const used = piece.subarray(0, left)
        held = piece.subarray(used.length)
        left -= used.length
        await use(used)
      }
      return true
    },
    rest: async (use) => {
      if (held.length > 0) use(held)
      held = Buffer.alloc(0)
      for (let piece = await more(); piece !== null; piece = await more()) use(piece)
    },
  }
}
