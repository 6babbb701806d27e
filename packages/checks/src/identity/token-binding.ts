/** Forged, foreign, expired and misplaced tokens, at the gateway and at a backend that verifies the assertion. */
import type { Backend, Check, Io } from '@lockgate/model'
import { publicEndpoints } from '../edge-endpoints.ts'
import { askExactly } from '../exact-ask.ts'
import { verdictOf } from '../verdict.ts'
import { askVerifier, type VerifierFacts } from './assertion-verifier.ts'
import { type Part, partOf, unenforced } from './enforced.ts'
import { type ForgedToken, forgedTokens } from './forged-token.ts'
import { judgeDenied } from './judge-denied.ts'
import { authentication } from './mapping.ts'
import { misplacedTries, places } from './misplaced-secrets.ts'
import type { Treated } from './treatment.ts'
import { asProgram, type Try, tryAll } from './tries.ts'

export type TokenBindingFacts = Part & {
  readonly vantage: string
  readonly url: string
  /** What the gateway publishes at `/.lockgate/jwks.json`; null: nothing that could be read. */
  readonly published: number | null
  readonly anonymous: readonly Treated[]
  /** A true secret in another's place; empty without a session. */
  readonly misplaced: readonly Treated[]
  /** Past the gateway, where the backend verifies assertions itself; null: it does not. */
  readonly backend: VerifierFacts | null
}

interface PublishedKey {
  readonly kid: string | null
  readonly text: string
}

async function publishedKeys(backend: Backend, io: Io): Promise<readonly PublishedKey[] | null> {
  const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
  if (!endpoint) return null
  const ask = {
    endpoint,
    origin: backend.public,
    ca: io.publicCa,
    method: 'GET',
    target: '/.lockgate/jwks.json',
    headers: [],
  }
  const answer = await askExactly(ask, io)
  if (answer.outcome !== 'answered' || answer.status !== 200) return null
  try {
    const { keys } = JSON.parse(answer.body.toString('utf8')) as { keys: Readonly<Record<string, unknown>>[] }
    return keys.map((one) => ({ kid: typeof one.kid === 'string' ? one.kid : null, text: JSON.stringify(one) }))
  } catch {
    return null
  }
}

interface Minting {
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly PublishedKey[]
  readonly now: number
}

const mint = (typ: string, { issuer, audience, keys, now }: Minting): readonly ForgedToken[] =>
  forgedTokens({
    typ,
    issuer,
    audience,
    user: 'lockgate-verify',
    kids: keys.flatMap((one) => one.kid ?? []),
    publicKeys: keys.slice(0, 1).map((one) => one.text),
    now,
  })

const triesOf = (tokens: readonly ForgedToken[], name: string, target: string): readonly Try[] =>
  tokens.flatMap(({ what, token }) =>
    Object.entries(places).map(([where, lines]) => ({
      what: `${name} ${what}, ${where}`,
      method: 'GET',
      target,
      headers: [...asProgram, ...lines(token)],
    })),
  )

async function probe(backend: Backend, io: Io): Promise<TokenBindingFacts> {
  const keys = await publishedKeys(backend, io)
  const audience = backend.public.origin
  const minting: Minting = { issuer: audience, audience, keys: keys ?? [], now: Math.floor(io.now().getTime() / 1_000) }
  const assertions = mint('lockgate-assertion+jwt', minting)
  const passes = mint('lockgate-pass+jwt', { ...minting, issuer: io.identity?.settings.origin.origin ?? audience })
  const access = mint('at+jwt', { ...minting, issuer: io.identity?.settings.issuer ?? audience })
  const target = backend.health ?? '/'
  const [endpoint] = publicEndpoints(io.edge.edge, backend.public)
  const forged = [
    ...triesOf(passes, 'a pass', target),
    ...triesOf(assertions, 'an assertion', target),
    ...triesOf(access, 'an access token', target),
  ]
  const misplaced = await misplacedTries(backend, target, io)
  return {
    ...partOf(io),
    vantage: io.at.vantage.id,
    url: backend.public.origin,
    published: keys?.length ?? null,
    anonymous: endpoint ? await tryAll(backend, endpoint, forged, io) : [],
    misplaced: endpoint ? await tryAll(backend, endpoint, misplaced, io) : [],
    backend: await askVerifier(backend, assertions, io),
  }
}

const refusedBy = (status: number | null) => status === 401 || status === 403

function backendFailures({ backend: seen }: TokenBindingFacts): readonly string[] {
  if (seen === null) return []
  if (seen.bare !== null && !refusedBy(seen.bare))
    return [
      `the backend answers ${seen.bare} to ${seen.path} without an assertion, so it verifies none; install @lockgate/assertion, or say identity: headers`,
    ]
  return seen.forged
    .filter((one) => one.status !== null && !refusedBy(one.status))
    .map((one) => `the backend answers ${one.status} to ${seen.path} with an assertion ${one.what}`)
}

export const tokenBinding: Check<TokenBindingFacts> = {
  id: 'identity.token-binding',
  title: 'Tokens of another issuer, audience, key, algorithm, time or purpose are refused',
  severity: 'blocker',
  per: 'backend',
  maps: authentication,
  fix: 'identity.md#token-binding',
  needs: ['consolidate.brokered', 'identity.session-reaches'],
  probe,
  judge(facts) {
    const off = unenforced(facts)
    if (off.length > 0) return verdictOf(off, [])
    const denied = judgeDenied(facts, [...facts.anonymous, ...facts.misplaced], backendFailures(facts))
    if (denied.status !== 'pass') return denied
    const silent = facts.backend?.forged.filter((one) => one.status === null).length ?? 0
    return verdictOf(
      [],
      [
        ...(facts.published === null ? [`${facts.url}/.lockgate/jwks.json gives no keys`] : []),
        ...(facts.backend?.bare === null ? [`the backend gave no answer to ${facts.backend.path} from its edge`] : []),
        ...(silent > 0 ? [`the backend gave no answer to ${silent} forged assertions`] : []),
      ],
    )
  },
}
