/** The form of Lockgate's own tokens: a prefix and a checksum that secret scanners know them by, as GitHub's have. */
import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ApiToken } from './types.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const RANDOM = 30
const CHECK = 6
const prefixes = { person: 'lgp_', service: 'lgs_' } as const satisfies Record<ApiToken['kind'], string>

/** CRC-32 in base 62, six digits: what is mistyped or made up is refused without asking anybody. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < CHECK; place += 1) {
    digits = alphabet[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** `lgp_` or `lgs_`, 30 random characters (178 bits), 6 of checksum. */
export function makeApiToken(kind: ApiToken['kind']): string {
  const random = Array.from({ length: RANDOM }, () => alphabet[randomInt(62)]).join('')
  return prefixes[kind] + random + checksum(prefixes[kind] + random)
}

/** Whether it is meant to be one. */
export const looksLikeApiToken = (token: string): boolean => /^lg[ps]_/.test(token)

export const isApiToken = (token: string): boolean =>
  /^lg[ps]_[0-9A-Za-z]{36}$/.test(token) && checksum(token.slice(0, -CHECK)) === token.slice(-CHECK)
