/** JSON values, their canonical text and its digest. */
import { createHash } from 'node:crypto'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The JSON text with object keys sorted and no white space: the same value always gives the same bytes. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}

/** `sha256:` and 64 hexadecimal digits, of the canonical JSON of the value, or of the bytes themselves. */
export function digest(value: unknown): string {
  const bytes = value instanceof Uint8Array ? value : canonicalJson(value)
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
