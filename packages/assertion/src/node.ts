/** node:http alone: `const identity = await authenticate(request)`. */
import type { ServerResponse } from 'node:http'
import { AssertionError } from './assertion-error.ts'
import { createVerifier, type VerifierOptions } from './create-verifier.ts'
import type { Identity } from './identity.ts'
import { headerOf, type NodeRequest, refusedBy } from './middleware.ts'
import { oncePerOptions } from './once-per-options.ts'

export { AssertionError, type Identity, type VerifierOptions }

const fromEnvironment: VerifierOptions = {}
const verifierOf = oncePerOptions(createVerifier)

/**
 * Who sent the request. Throws an AssertionError, which `refuse` answers. Without options LOCKGATE_ORIGIN is the origin; with some,
 * keep them and hand the same object in with every request.
 */
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
