/** A number that a person can read out and an operator finds in the log. */
import { randomBytes } from 'node:crypto'

/** Crockford's base 32: no I, L, O, U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export const referenceHeader = 'Lockgate-Reference'

/** `XXXX-XXXX`, 40 random bits. */
export function newReference(): string {
  const text = [...randomBytes(8)].map((byte) => alphabet[byte & 31]).join('')
  return `${text.slice(0, 4)}-${text.slice(4)}`
}
