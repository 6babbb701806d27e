/** Next.js, and whatever has the Fetch API's requests: `const session = await lockgate(await headers())`. */
import { assertionHeader, type Identity } from './identity.ts'
import { createGate, type Gate, headerOf, type LockgateOptions, type NodeRequest } from './middleware.ts'

export type { Identity, LockgateOptions }

/** The shape that next-auth's sessions have, so that what reads one goes on to. */
export interface Session {
  readonly user: Identity & {
    /** `sub`. */
    readonly id: string
    readonly image: null
  }
}

/** `Headers`, a `Request` with them, or what Node has. */
export type Source = HeadersLike | { readonly headers: HeadersLike } | NodeRequest
interface HeadersLike {
  get(name: string): string | null
}

const fromEnvironment: LockgateOptions = {}
/** One set of fetched keys for each object of options: keep one, and hand the same in with every request. */
const gates = new WeakMap<LockgateOptions, Gate>()

function gateOf(options: LockgateOptions): Gate {
  const known = gates.get(options)
  if (known) return known
  const gate = createGate(options)
  gates.set(options, gate)
  return gate
}

const isHeaders = (value: object): value is HeadersLike => typeof (value as { get?: unknown }).get === 'function'

function headerIn(source: Source): ReturnType<typeof headerOf> {
  if (isHeaders(source)) return source.get(assertionHeader)
  return isHeaders(source.headers) ? source.headers.get(assertionHeader) : headerOf(source as NodeRequest)
}

/** Who sent the request, or null: without an assertion, with one that does not hold, and where no keys can be had. */
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
