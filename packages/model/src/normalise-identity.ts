/** The `identity` section: defaults filled in, what it refers to looked up, contradictions refused. */
import type { Backend, Edge, IdentitySettings } from './backend.ts'
import type { Config } from './config.ts'
import { durationMs, type Origin, parseOrigin } from './names.ts'
import { hasCertificate, type Refuse } from './refuse.ts'

type Written = NonNullable<Config['identity']>

/**
 * Entra ID issues tokens per tenant from the host of its cloud (`login.microsoftonline.com`, `.us`,
 * `login.partner.microsoftonline.cn`); there people are known by tid and oid, never by email.
 */
export const isEntra = (issuer: string): boolean =>
  /^https:\/\/login\.(partner\.)?microsoftonline\.(com|us|cn)\//.test(issuer)

function loginEdge(written: Written, edges: readonly Edge[], origin: Origin, refuse: Refuse): Edge {
  const named = written.edge ? edges.find((one) => one.id === written.edge) : edges[0]
  if (!named)
    return refuse(['identity', 'edge'], `no edge is called ${written.edge}; name the edge that serves ${origin.origin}`)
  if (!named.listen.some((one) => one.scheme === origin.scheme && one.port === origin.port))
    refuse(
      ['identity', 'origin'],
      `the edge ${named.id} has no listen of ${origin.scheme} on port ${origin.port}; add one, or name another edge in identity.edge`,
    )
  if (!hasCertificate(named, origin.host))
    refuse(['identity', 'origin'], `https needs a certificate: set tls.certificate and tls.key at the edge ${named.id}`)
  return named
}

/** Session cookies are `__Host-` cookies, which browsers take over https only. */
function refuseOrigin(origin: Origin, backends: readonly Backend[], refuse: Refuse): void {
  if (origin.scheme !== 'https')
    refuse(['identity', 'origin'], `${origin.origin} must be https: browsers keep session cookies for https only`)
  const shared = backends.findIndex((one) => one.public.origin === origin.origin)
  if (shared >= 0)
    refuse(
      ['identity', 'origin'],
      `${origin.origin} is the public URL of ${backends[shared]?.id}; the login origin needs a name of its own`,
    )
}

function toStepUp(written: Written, backends: readonly Backend[], refuse: Refuse): IdentitySettings['stepUp'] {
  return (written['step-up'] ?? []).map((one, index) => {
    if (!backends.some((backend) => backend.id === one.backend))
      refuse(['identity', 'step-up', index, 'backend'], `no backend is called ${one.backend}`)
    return {
      backend: one.backend,
      path: one.path,
      acr: one.acr ?? [],
      maxAge: one['max-age'] === undefined ? null : durationMs(one['max-age']),
    }
  })
}

export function toIdentity(
  written: Written,
  edges: readonly Edge[],
  backends: readonly Backend[],
  refuse: Refuse,
): IdentitySettings {
  const origin = parseOrigin(written.origin) as Origin
  refuseOrigin(origin, backends, refuse)
  const edge = loginEdge(written, edges, origin, refuse)
  const { session, claims, mfa } = written
  return {
    origin,
    edge: edge.id,
    issuer: written.issuer,
    client: { id: written.client.id, secret: written.client.secret ?? null },
    ...(written.scope !== undefined && { scope: written.scope }),
    mfa: {
      acr: mfa?.acr ?? [],
      amr: (mfa?.amr ?? ['mfa']).map((one) => (typeof one === 'string' ? [one] : one)),
      ...(mfa?.ask === undefined ? {} : { ask: mfa.ask }),
    },
    claims: {
      user: claims?.user ?? (isEntra(written.issuer) ? null : 'preferred_username'),
      require: claims?.require ?? [],
      groups: claims?.groups ?? 'groups',
    },
    session: {
      idle: durationMs(session?.idle ?? '30m'),
      absolute: durationMs(session?.absolute ?? '12h'),
      pass: durationMs(session?.pass ?? '60s'),
    },
    stepUp: toStepUp(written, backends, refuse),
    api: { audience: written.api?.audience ?? [], introspection: written.api?.introspection ?? false },
    keycloakAdmin: written.keycloak?.admin ?? null,
    ca: written.ca ?? null,
  }
}
