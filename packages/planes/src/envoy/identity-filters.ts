/** The filters of stage identity: the pass, what it is enough for, the question to the gateway, and what a backend may not answer. Off until a route switches them on. */
import type { EdgeModel } from '@lockgate/model'
import { takesPart } from '../tree/identity.ts'
import { answerScript } from './answer-script.ts'
import { gatewayClusterName } from './gateway-cluster.ts'
import { passScript } from './pass-script.ts'
import { question } from './question.ts'
import { typed, typeUrl } from './type-url.ts'

const filters = {
  pass: 'envoy.filters.http.jwt_authn',
  script: 'lockgate.pass',
  ask: 'lockgate.ask',
  answer: 'lockgate.answer',
} as const

/** A provider has one JWKS, and each backend its own audience. */
const provider = 'pass'

const claims = {
  'lockgate-user': 'user',
  'lockgate-email': 'email',
  'lockgate-subject': 'sub',
  'lockgate-session': 'sid',
  'lockgate-groups': 'groups',
  'lockgate-groups-omitted': 'groups_omitted',
} as const

/** Time claims are compared with a second of grace, the least that can be said: 0 stands for 60. */
const passProvider = (issuer: string) => ({
  issuer,
  from_cookies: ['__Host-lockgate_pass'],
  forward: true,
  require_expiration: true,
  clock_skew_seconds: 1,
  jwt_cache_config: { jwt_cache_size: 10_000 },
  claim_to_headers: Object.entries(claims).map(([header_name, claim_name]) => ({ header_name, claim_name })),
  remote_jwks: {
    http_uri: { uri: 'http://lockgate.invalid/.lockgate/pass-jwks.json', cluster: gatewayClusterName, timeout: '2s' },
    cache_duration: '1s',
    async_fetch: { fast_listener: true, failed_refetch_duration: '1s' },
  },
})

const requirement = (audience: string) => ({
  requires_any: {
    requirements: [
      { provider_and_audiences: { provider_name: provider, audiences: [audience] } },
      { allow_missing_or_failed: {} },
    ],
  },
})

const off = <T extends object>(filter: T) => ({ ...filter, disabled: true })

export function identityFilters(model: EdgeModel): readonly object[] {
  const { identity, edge, backends } = model
  if (!identity) return []
  const { settings, gateway } = identity
  const passes = backends.filter((one) => takesPart(model, one) && one.identity !== 'assertion')
  return [
    off(
      typed(filters.pass, 'jwtAuthn', {
        providers: { [provider]: passProvider(settings.origin.origin) },
        requirement_map: Object.fromEntries(passes.map((one) => [one.id, requirement(one.public.origin)])),
      }),
    ),
    off(
      typed(filters.script, 'lua', {
        default_source_code: { inline_string: passScript(`${gateway.state}/${edge.id}/denied.txt`) },
      }),
    ),
    off(typed(filters.ask, 'extAuthz', question)),
    off(typed(filters.answer, 'lua', { default_source_code: { inline_string: answerScript } })),
  ]
}

const on = (config: object = {}) => ({ '@type': typeUrl.filterConfig, config })

/** Switches them on for a route; `passFor`: the backend whose pass is enough, or null where the gateway is asked always. */
export const askedRoute = (passFor: string | null) => ({
  ...(passFor === null ? {} : { [filters.pass]: on({ '@type': typeUrl.jwtPerRoute, requirement_name: passFor }) }),
  [filters.script]: on(),
  [filters.ask]: on(),
  [filters.answer]: on(),
})
