/** Parameters of ours that travel through browsers: encrypted, each for one purpose, with an end. */
import type { Seal } from '@lockgate/sso-adapter'

export interface LoginRequest {
  /** Where the person wanted to go; one of our origins. */
  readonly origin: string
  /** Path and query. */
  readonly target: string
  /** Hash of the host's handoff cookie: only the browser that began can end it. */
  readonly binding: string
  /** A step-up: any of these levels. */
  readonly acr: readonly string[]
  /** Milliseconds since MFA; null: no demand. */
  readonly maxAge: number | null
  /** Times that the handoff was begun anew without success. */
  readonly tries: number
}

export interface Return {
  readonly origin: string
  readonly target: string
  readonly tries: number
}

/** Where a session for the command line goes: to a port of the person's own machine, or to whoever has the device code. */
export type OperatorTarget =
  | { readonly port: number; readonly challenge: string; readonly state: string }
  /** Hash of the device code. */
  | { readonly device: string }

/** `sid`: of whoever was asked; nobody else's confirmation counts. */
export interface OperatorRequest {
  readonly target: OperatorTarget
  readonly sid: string
}

/** A session on its way to the command line. */
export interface OperatorSession {
  /** S256 of the verifier that its taker has to show; null for a device code. */
  readonly challenge: string | null
  readonly cookie: string
  readonly session: object
}

/** What a login carries through the IdP. */
export type Carry = Pick<LoginRequest, 'binding' | 'acr' | 'maxAge' | 'tries'> & {
  readonly operator: OperatorTarget | null
}

interface Purposes {
  login: LoginRequest
  return: Return
  operator: OperatorRequest
  'operator session': OperatorSession
  carry: Carry
}

/** Milliseconds. A login waits for a person; a handoff for redirects only. */
const lifetimes = {
  login: 600_000,
  return: 60_000,
  operator: 600_000,
  'operator session': 600_000,
  carry: 900_000,
} as const

const purposeOf = (purpose: keyof Purposes): string => ['gateway', purpose].join(' ')

export function sealFor<P extends keyof Purposes>(seal: Seal, purpose: P, value: Purposes[P], now: number): string {
  return seal.seal(purposeOf(purpose), JSON.stringify({ value, until: now + lifetimes[purpose] }))
}

/** null: not ours, for another purpose, changed, or too old. */
export function openFor<P extends keyof Purposes>(
  seal: Seal,
  purpose: P,
  text: string | null,
  now: number,
): Purposes[P] | null {
  const opened = text === null || text.length > 8_192 ? null : seal.open(purposeOf(purpose), text)
  if (opened === null) return null
  const { value, until } = JSON.parse(opened) as { readonly value: Purposes[P]; readonly until: number }
  return until > now ? value : null
}
