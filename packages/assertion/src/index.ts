/** The signed identity header: verify it in a backend. */
export { AssertionError, type Refusal } from './assertion-error.ts'
export { createVerifier, type Verifier, type VerifierOptions } from './create-verifier.ts'
export { assertionHeader, type Identity } from './identity.ts'
