/** Next.js, and whatever has the Fetch API's requests: `const session = await lockgate(await headers())`. */
import { assertionHeader, type Identity } from './identity.ts'
import { createGate, headerOf, type LockgateOptions, type NodeRequest } from './middleware.ts'
import { oncePerOptions } from './once-per-options.ts'

export type { Identity, LockgateOptions }

/** The shape that next-auth's sessions have, so that what reads one goes on to. */
export interface Session {
  readonly user: Identity & {
    /** `sub`. */
    readonly id: string
    /** Always null, the assertion has no picture; typed as next-auth has it, so that what shows one compiles. */
    readonly image: string | null
  }
}

/** `Headers`, a `Request` with them, or what Node has. */
export type Source = HeadersLike | { readonly headers: HeadersLike } | NodeRequest
interface HeadersLike {
  get(name: string): string | null
}

const fromEnvironment: LockgateOptions = {}
const gateOf = oncePerOptions(createGate)

const isHeaders = (value: object): value is HeadersLike => typeof (value as { get?: unknown }).get === 'function'

function headerIn(source: Source): ReturnType<typeof headerOf> {
  if (isHeaders(source)) return source.get(assertionHeader)
  return isHeaders(source.headers) ? source.headers.get(assertionHeader) : headerOf(source as NodeRequest)
}

/**
 * Who sent the request, or null: without an assertion, with one that does not hold, and where no keys can be had. Keep the options
 * and hand the same object in with every request.
 */
export async function lockgate(source: Source, options: LockgateOptions = fromEnvironment): Promise<Session | null> {
  const { identity } = await gateOf(options)(headerIn(source))
  return identity && { user: { ...identity, id: identity.sub, image: null } }
}

/** `export { middleware } from '@lockgate/assertion/next'`: 401 (503 where no keys can be had) where nobody is named. */
export async function middleware(
  request: { readonly headers: HeadersLike },
  options?: LockgateOptions,
): Promise<Response | undefined> {
  // Next.js hands an event in the second place.
  const own = options && !('waitUntil' in options) ? options : fromEnvironment
  const { refused } = await gateOf(own)(headerIn(request))
  return refused ? new Response(refused.body, { status: refused.status, headers: refused.headers }) : undefined
}
