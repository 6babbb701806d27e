/** The signed identity header: verify it in a backend. */
export { assertionHeader, type Identity } from './identity.ts'
