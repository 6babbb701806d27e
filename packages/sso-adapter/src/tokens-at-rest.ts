/** The IdP's tokens of a session, sealed: the store never sees them. */
import type { Seal } from './seal.ts'

export interface IdpTokens {
  readonly refresh: string | null
  /** A hint for logging out at the IdP; null where it is too long for an address. */
  readonly id: string | null
}

const MAX_HINT = 4_000

export const sealTokens = (seal: Seal, sid: string, { refresh, id }: IdpTokens): string =>
  seal.seal('tokens', JSON.stringify({ refresh, id: id && id.length <= MAX_HINT ? id : null }), sid)

export function openTokens(seal: Seal, sid: string, sealed: string | null): IdpTokens | null {
  const text = sealed === null ? null : seal.open('tokens', sealed, sid)
  return text === null ? null : (JSON.parse(text) as IdpTokens)
}
