/** Why an assertion was not taken. The message is for a log; it never holds the assertion. */

export const refusals = {
  missing: 'the request has no Lockgate-Assertion: it did not come through the proxy, or nobody is signed in',
  duplicate: 'the request has more than one Lockgate-Assertion',
  malformed: 'the assertion is not a signed JWT of the kind that Lockgate makes',
  key: 'the assertion is signed by a key that the origin does not publish',
  signature: 'the signature of the assertion does not hold',
  origin: 'the assertion is for another backend: its issuer or audience is not this origin',
  expired: 'the assertion has expired; compare the clocks of the proxy and this host',
  early: 'the assertion is from the future; compare the clocks of the proxy and this host',
  'keys-unavailable': 'the keys of the origin cannot be fetched, so nothing can be verified',
} as const
/** Why an assertion was not taken, for programs; the message says it for people. */
export type Refusal = keyof typeof refusals

/** What `verify` and `verifyHeader` throw. Its message never holds the assertion. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
  readonly code: Refusal
  /** 401; 503 where it is not the request's fault. */
  readonly statusCode: 401 | 503

  constructor(code: Refusal, cause?: unknown) {
    super(refusals[code], { cause })
    this.code = code
    this.statusCode = code === 'keys-unavailable' ? 503 : 401
  }
}
