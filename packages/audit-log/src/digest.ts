/** RFC 6962 §2.1 hashing of leaves and nodes. */
import { hash } from 'node:crypto'

/**
 * 32 bytes of SHA-256 as a latin1 string, one character a byte: node:crypto returns that about twice as fast as a Buffer, and it needs no
 * defensive copy. Public functions take and give Uint8Array.
 */
export type Digest = string

const leafPrefix = 0
const nodePrefix = 1

export const emptyRoot: Digest = hash('sha256', '', 'binary')

/** The leaf hash of the bytes from `start` to `end`. Overwrites the byte before `start`, so that nothing is copied. */
export function leafDigest(buffer: Buffer, start: number, end: number): Digest {
  buffer[start - 1] = leafPrefix
  return hash('sha256', buffer.subarray(start - 1, end), 'binary')
}

export type NodeHasher = (left: Digest, right: Digest) => Digest

/** A node hasher with a buffer of its own; not for use across threads. */
export function nodeHasher(): NodeHasher {
  const buffer = Buffer.alloc(65)
  buffer[0] = nodePrefix
  return (left, right) => {
    buffer.write(left, 1, 32, 'latin1')
    buffer.write(right, 33, 32, 'latin1')
    return hash('sha256', buffer, 'binary')
  }
}

export const digestBytes = (digest: Digest): Buffer => Buffer.from(digest, 'latin1')

export const digestOf = (bytes: Uint8Array): Digest =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** The RFC 6962 leaf hash of one line, without its line feed. */
export function leafHash(line: string | Uint8Array): Uint8Array {
  const bytes = Buffer.concat([Buffer.alloc(1), typeof line === 'string' ? Buffer.from(line) : line])
  return digestBytes(leafDigest(bytes, 1, bytes.length))
}
