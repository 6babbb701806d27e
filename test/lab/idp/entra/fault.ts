/** Errors as Entra ID words them: an OAuth code, and in the description an AADSTS number with ids of the request. */
import { randomUUID } from 'node:crypto'

export const faults = {
  unknownClient: ['unauthorized_client', 700016, 'Application was not found in the directory.'],
  wrongSecret: ['invalid_client', 7000215, 'Invalid client secret provided.'],
  redirectUri: ['invalid_request', 50011, 'The redirect URI specified in the request does not match those configured.'],
  usedCode: ['invalid_grant', 54005, 'OAuth2 Authorization code was already redeemed.'],
  wrongVerifier: ['invalid_grant', 50148, 'The code_verifier does not match the code_challenge.'],
  unknownToken: ['invalid_grant', 50173, 'The provided grant has expired due to it being revoked.'],
  disabled: ['invalid_grant', 50057, 'The user account is disabled.'],
  grantType: ['unsupported_grant_type', 70003, 'The app requested an unsupported grant type.'],
} as const satisfies Record<string, readonly [string, number, string]>
export type Fault = keyof typeof faults

export function faultBody(fault: Fault): object {
  const [error, number, text] = faults[fault]
  const [trace, correlation] = [randomUUID(), randomUUID()]
  const timestamp = `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`
  return {
    error,
    error_description: `AADSTS${number}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [number],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${number}`,
  }
}
