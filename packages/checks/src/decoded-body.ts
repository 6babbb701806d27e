/** The text of a body, unpacked where the server packed it unasked. */
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

const unpack: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body, { maxOutputLength: 4 * 1024 ** 2 }),
  'x-gzip': (body) => gunzipSync(body, { maxOutputLength: 4 * 1024 ** 2 }),
  deflate: (body) => inflateSync(body, { maxOutputLength: 4 * 1024 ** 2 }),
  br: (body) => brotliDecompressSync(body, { maxOutputLength: 4 * 1024 ** 2 }),
  zstd: (body) => zstdDecompressSync(body, { maxOutputLength: 4 * 1024 ** 2 }),
}

/** null where the coding is unknown, broken or cut off. */
export function decodedText(body: Buffer, encoding: string | undefined): string | null {
  const open = unpack[(encoding ?? 'identity').trim().toLowerCase()]
  try {
    return open ? open(body).toString('utf8') : null
  } catch {
    return null
  }
}
