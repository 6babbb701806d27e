/** Authenticated encryption (AES-256-GCM) of what leaves this process: transactions in cookies, tokens at rest. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

const NONCE = 12
const TAG = 16

export interface Seal {
  /** Opaque base64url text. What was sealed for one purpose or to one thing (`boundTo`) does not open for another. */
  seal(purpose: string, text: string, boundTo?: string): string
  /** null: not sealed by this key for this purpose and thing, or changed since. */
  open(purpose: string, sealed: string, boundTo?: string): string | null
  /** A keyed hash that names somebody in logs without telling who. */
  pseudonym(text: string): string
}

/** `key`: 32 random bytes, the same for all gateways that share a store. */
export function createSeal(key: Uint8Array): Seal {
  if (key.length !== 32) throw new TypeError(`the seal key must have 32 bytes, not ${key.length}`)
  const keys = new Map<string, Uint8Array>()
  const keyFor = (purpose: string): Uint8Array => {
    const found = keys.get(purpose) ?? new Uint8Array(hkdfSync('sha256', key, '', `lockgate ${purpose}`, 32))
    keys.set(purpose, found)
    return found
  }
  return {
    seal(purpose, text, boundTo = '') {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', keyFor(purpose), nonce).setAAD(Buffer.from(boundTo))
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
        'base64url',
      )
    },
    open(purpose, sealed, boundTo = '') {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < NONCE + TAG || bytes.toString('base64url') !== sealed) return null
      const decipher = createDecipheriv('aes-256-gcm', keyFor(purpose), bytes.subarray(0, NONCE), {
        authTagLength: TAG,
      })
      decipher.setAAD(Buffer.from(boundTo))
      decipher.setAuthTag(bytes.subarray(-TAG))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },
    pseudonym: (text) => createHmac('sha256', keyFor('pseudonym')).update(text).digest('base64url').slice(0, 22),
  }
}
