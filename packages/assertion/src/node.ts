/** node:http alone: `const identity = await authenticate(request)`. */
import type { ServerResponse } from 'node:http'
import { AssertionError } from './assertion-error.ts'
import { createVerifier, type Verifier, type VerifierOptions } from './create-verifier.ts'
import type { Identity } from './identity.ts'
import { headerOf, type NodeRequest, refusedBy } from './middleware.ts'

export { AssertionError, type Identity, type VerifierOptions }

const fromEnvironment: VerifierOptions = {}
/** One set of fetched keys for each object of options: keep one, and hand the same in with every request. */
const verifiers = new WeakMap<VerifierOptions, Verifier>()

function verifierOf(options: VerifierOptions): Verifier {
  const known = verifiers.get(options)
  if (known) return known
  const verifier = createVerifier(options)
  verifiers.set(options, verifier)
  return verifier
}

/** Who sent the request. Throws an AssertionError, which `refuse` answers. Without options LOCKGATE_ORIGIN is the origin. */
export async function authenticate(
  request: NodeRequest,
  options: VerifierOptions = fromEnvironment,
): Promise<Identity> {
  return verifierOf(options).verifyHeader(headerOf(request))
}

/** Answers a request that `authenticate` refused: 401, or 503 where no keys can be had. Throws anything else again. */
export function refuse(response: ServerResponse, error: unknown): void {
  if (!(error instanceof AssertionError)) throw error
  const { status, headers, body } = refusedBy(error)
  response.writeHead(status, headers).end(body)
}
