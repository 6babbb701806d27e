/** Identity headers as programs usually know them, one by one and all at once, also a second one of the same name. */

import { forgedCheck } from './forged-headers.ts'
import { unsignedToken } from './forged-token.ts'

/** Names that backends behind some proxy or other are known to believe. */
export const identityNames: readonly string[] = [
  'Lockgate-User',
  'Lockgate-Email',
  'Lockgate-Groups',
  'Lockgate-Subject',
  'Lockgate-Session',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Authenticated-User',
  'X-Remote-User',
  'Remote-User',
  'X-User',
  'X-Email',
  'X-Groups',
  'X-Client-Cert',
  'X-Forwarded-Client-Cert',
  'X-SSL-Client-DN',
]

export const forgedHeader = forgedCheck(
  'forged-header',
  'Identity headers that a client sends do not reach the backend and sign nobody in',
  (value, { public: { origin } }) => [
    ...identityNames.map((name) => ({ what: name, headers: [[name, value]] as const })),
    { what: 'all identity headers', headers: identityNames.map((name) => [name, value] as const) },
    {
      what: 'a second Lockgate-User',
      headers: [
        ['Lockgate-User', 'nobody'],
        ['Lockgate-User', value],
      ],
    },
    { what: 'Lockgate-Assertion', headers: [['Lockgate-Assertion', value]] },
    { what: 'an unsigned assertion', headers: [['Lockgate-Assertion', unsignedToken(origin, value)]] },
  ],
)
