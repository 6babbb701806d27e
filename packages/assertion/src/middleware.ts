/** What the middleware of all frameworks shares: who sent a request, or the answer that refuses it. */
import { AssertionError } from './assertion-error.ts'
import { createVerifier, type VerifierOptions } from './create-verifier.ts'
import { assertionHeader, type Identity } from './identity.ts'

export interface LockgateOptions extends VerifierOptions {
  /** Requests without an assertion pass, with nobody in them. One that does not hold is refused all the same. */
  readonly optional?: boolean
  /** For a log. */
  readonly onRefused?: (error: AssertionError) => void
}

export type Outcome =
  /** `null`: nobody, and that is allowed. */
  | { readonly identity: Identity | null; readonly refused: null }
  | { readonly identity: null; readonly refused: Refused }

/** An answer of RFC 9457. */
export interface Refused {
  readonly error: AssertionError
  readonly status: 401 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type HeaderValue = string | readonly string[] | null | undefined
/** Gives back who sent a request, by its Lockgate-Assertion header. Never throws. */
export type Gate = (header: HeaderValue) => Promise<Outcome>

const titles = { 401: 'Unauthorized', 503: 'Service Unavailable' } as const
const ownHeaders = { 401: { 'www-authenticate': 'Lockgate' }, 503: { 'retry-after': '2' } } as const

export function refusedBy(error: AssertionError): Refused {
  const { statusCode: status, code } = error
  return {
    error,
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...ownHeaders[status] },
    body: JSON.stringify({ type: 'about:blank', title: titles[status], status, code }),
  }
}

/** Throws at once where the options can't work, so that a program which could verify nobody does not start. */
export function createGate({ optional = false, onRefused, ...options }: LockgateOptions = {}): Gate {
  const { verifyHeader } = createVerifier(options)
  return async (header) => {
    try {
      return { identity: await verifyHeader(header), refused: null }
    } catch (cause) {
      const error = cause instanceof AssertionError ? cause : new AssertionError('malformed', cause)
      if (optional && error.code === 'missing') return { identity: null, refused: null }
      onRefused?.(error)
      return { identity: null, refused: refusedBy(error) }
    }
  }
}

export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders?: readonly string[]
}

/** Every value of it that came, where Node still has them apart. */
export function headerOf({ headers, rawHeaders }: NodeRequest): HeaderValue {
  const raw = (rawHeaders ?? []).filter(
    (_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === assertionHeader,
  )
  return raw.length > 0 ? raw : headers[assertionHeader]
}
