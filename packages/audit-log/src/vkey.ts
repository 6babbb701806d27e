/** C2SP signed-note verifier keys: `name+hexid+base64(0x01 || public key)` for Ed25519. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { LockgateError } from '@lockgate/model'

const ed25519Algorithm = 1

/** The public half of a key that signs a log. */
export interface VerifierKey {
  readonly name: string
  /** 8 hexadecimal digits. */
  readonly id: string
  readonly publicKey: KeyObject
}

/** Names that C2SP signed-note allows: not empty, no white space, no plus. */
function checkKeyName(name: string): string {
  if (name !== '' && !/[\s+\p{Cc}]/u.test(name) && name.isWellFormed()) return name
  throw new LockgateError('LG3103', `A log key's name must have no blanks and no plus sign: ${JSON.stringify(name)}`)
}

const encodedKey = (raw: Uint8Array): Buffer => Buffer.concat([Buffer.of(ed25519Algorithm), raw])

const keyId = (name: string, encoded: Uint8Array): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), encoded]), 'hex').slice(0, 8)

export function formatVkey(name: string, publicKey: KeyObject): string {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const encoded = encodedKey(raw)
  return `${checkKeyName(name)}+${keyId(name, encoded)}+${encoded.toString('base64')}`
}

/** Throws LG3103 when the text is no Ed25519 verifier key or its id does not belong to it. */
export function parseVkey(text: string): VerifierKey {
  const found = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text.trim())
  const [, name = '', id = '', base64 = ''] = found ?? []
  const encoded = Buffer.from(base64, 'base64')
  const whole = encoded.length === 33 && encoded[0] === ed25519Algorithm && encoded.toString('base64') === base64
  if (!whole || keyId(name, encoded) !== id)
    throw new LockgateError(
      'LG3103',
      'Not a log key: expected NAME+ID+BASE64 of an Ed25519 key, as the log.vkey of a log has it',
    )
  const x = encoded.subarray(1).toString('base64url')
  return { name, id, publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) }
}
