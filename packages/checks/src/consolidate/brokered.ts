/** The positive control: from here the backend's public URL is answered through the gateway. */
import type { Backend, Check, Edge, Endpoint, Io } from '@lockgate/model'
import { type Answer, type Ask, askFromVantage, publicAsk } from '../ask.ts'
import { publicEndpoints } from '../edge-endpoints.ts'
import { upstreamOf } from '../identity/backend-asks.ts'
import { type Knock, knockAll } from '../knock.ts'
import { accessible } from '../mapping.ts'
import { type SeenAnswer, seenAnswer } from '../seen-answer.ts'
import { askPastGateway } from '../user-pages.ts'
import { verdictOf } from '../verdict.ts'

export type BrokeredFacts = {
  readonly vantage: string
  readonly edge: string
  readonly url: string
  readonly path: string
  readonly answers: readonly (SeenAnswer & {
    /** For a 404 without a declared health path: what the gateway says to a name that nobody has. */
    readonly unlisted?: SeenAnswer
  })[]
  readonly upstream: readonly Knock[]
  /** Where the gateway answers by itself who is not signed in: what the backend answers to its edge; null: not asked. */
  readonly behind: SeenAnswer | null
}

const unlistedName = 'unlisted.lockgate.invalid'

async function askAt(backend: Backend, endpoint: Endpoint, path: string, io: Io) {
  const question = publicAsk(backend.public, endpoint, path)
  const seen = seenAnswer(question, await askFromVantage(question, io))
  if (seen.status !== 404 || backend.health !== null) return seen
  const other: Ask = { ...question, host: unlistedName, servername: unlistedName, verify: null }
  return { ...seen, unlisted: seenAnswer(other, await askFromVantage(other, io)) }
}

/** From an edge that is only a folder nothing connects; that the gateway hands on its backend's answer has to do. */
const canConnect = ({ via }: Edge) => via === 'local' || !('files' in via)

async function probe(backend: Backend, io: Io): Promise<BrokeredFacts> {
  const { edge, reach } = io.edge
  const path = backend.health ?? '/'
  const upstream = { host: backend.upstream.host, port: backend.upstream.port }
  const [answers, knocks] = await Promise.all([
    Promise.all(publicEndpoints(edge, backend.public).map((one) => askAt(backend, one, path, io))),
    canConnect(edge) ? knockAll(reach, `edge ${edge.id}`, [upstream], io) : [],
  ])
  const denied = io.identity?.rollout && answers.some((one) => one.reference !== undefined)
  return {
    vantage: io.at.vantage.id,
    edge: edge.id,
    url: backend.public.origin,
    path,
    answers,
    upstream: knocks,
    behind: denied && canConnect(edge) ? await askBehind(backend, path, io) : null,
  }
}

async function askBehind(backend: Backend, path: string, io: Io): Promise<SeenAnswer> {
  const { answers } = await askPastGateway(backend, [path], io)
  return seenAnswer({ endpoint: upstreamOf(backend) }, answers[0] as Answer)
}

type Finding = { readonly failure?: string; readonly error?: string }
type Answered = BrokeredFacts['answers'][number]

const lookAtGateway = (facts: BrokeredFacts) =>
  `look at the gateway (edge ${facts.edge}): is it started, does it listen`

const unanswered: Record<Exclude<SeenAnswer['outcome'], 'answered'>, (a: Answered, f: BrokeredFacts) => Finding> = {
  refused: (a, f) => ({ failure: `${a.target} refuses connections from ${f.vantage}: ${lookAtGateway(f)} there?` }),
  'timed-out': (a, f) => ({
    failure: `${a.target} does not answer ${f.vantage}: the vantage is cut off (its VPN?), or ${lookAtGateway(f)} there?`,
  }),
  unreachable: (a, f) => ({ error: `${f.vantage} has no route to ${a.target} of the edge ${f.edge}: ${a.detail}` }),
  failed: (a, f) => ({ error: `the vantage ${f.vantage} could not be asked about ${a.target}: ${a.detail}` }),
  'tls-failed': (a, f) => ({
    failure: `TLS with ${a.target} for ${f.url} failed (${a.detail}): look at the edge's certificate and tls.ca`,
  }),
  'no-answer': (a, f) => ({
    failure: `${a.target} takes the connection and gives no HTTP answer for ${f.url} (${a.detail}): ${lookAtGateway(f)} for HTTP there?`,
  }),
}

const gatewayErrors: Readonly<Record<number, string>> = {
  400: 'the gateway takes the request for malformed',
  421: 'the gateway does not know this name',
  502: 'the gateway is up and gets no answer from the backend behind it',
  503: 'the gateway is up and finds no backend behind it',
  504: 'the gateway is up and the backend behind it is silent',
}

function judgeAnswer(answer: Answered, facts: BrokeredFacts, backend: Backend): Finding {
  if (answer.outcome !== 'answered') return unanswered[answer.outcome](answer, facts)
  const status = answer.status ?? 0
  // Without the backend's own answer its 401 or redirect says as little as anybody's.
  if (answer.reference !== undefined && facts.behind !== null)
    return status === 503
      ? { failure: `${answer.target} answers 503: the gateway is up and can decide nothing; look at its store and log` }
      : judgeBehind(facts.behind, facts, backend)
  const said = `${answer.target} answers ${status} to GET ${facts.path} of ${facts.url}`
  const upstream = backend.upstream.origin
  const known = gatewayErrors[status]
  if (known) return { failure: `${said}: ${known}; look at ${status === 421 ? `edge ${facts.edge}` : upstream}` }
  if (backend.health !== null)
    return status >= 200 && status < 400
      ? {}
      : { failure: `${said}, 200 to 399 was expected; look at ${upstream} or set health to a path that answers so` }
  const unlisted = answer.unlisted
  return unlisted?.status === status && unlisted.body === answer.body
    ? { failure: `${said}, as it does for names that nobody has: the gateway does not lead to ${upstream}` }
    : {}
}

/** A backend that verifies the assertion refuses its edge's host too, and shows by it that it is there. */
function judgeBehind(behind: SeenAnswer, facts: BrokeredFacts, { identity, health, upstream }: Backend): Finding {
  if (behind.outcome !== 'answered')
    return { failure: `${upstream.origin} gives the edge ${facts.edge} no answer: ${behind.outcome}: ${behind.detail}` }
  const status = behind.status ?? 0
  const verifies = identity === 'assertion' && (status === 401 || status === 403)
  const fine = health === null ? status < 500 : status >= 200 && status < 400
  return fine || verifies
    ? {}
    : { failure: `${upstream.origin} answers ${status} to its edge's GET ${facts.path}, 200 to 399 was expected` }
}

const isIpv6Target = (target: string) => target.startsWith('[')

/** A vantage without IPv6 is the business of consolidate.ipv6, as long as the gateway answers it on IPv4. */
function judgeable(facts: BrokeredFacts): readonly Answered[] {
  const answeredOnIpv4 = facts.answers.some((one) => !isIpv6Target(one.target) && one.outcome === 'answered')
  return facts.answers.filter((one) => !(answeredOnIpv4 && isIpv6Target(one.target) && one.outcome === 'unreachable'))
}

const upstreamSays: Record<Exclude<Knock['outcome'], 'connected'>, (one: Knock, facts: BrokeredFacts) => Finding> = {
  refused: (one, f) => ({
    failure: `${one.target} refuses the edge ${f.edge}: the backend is down, listens elsewhere, or its firewall refuses the edge too`,
  }),
  'timed-out': (one, f) => ({
    failure: `${one.target} does not answer the edge ${f.edge}: the backend's host is down, or its firewall drops the edge too`,
  }),
  unreachable: (one, f) => ({
    failure: `the edge ${f.edge} has no route to the backend's ${one.target}: ${one.detail}`,
  }),
  failed: (one, f) => ({ error: `the edge ${f.edge} could not be asked about ${one.target}: ${one.detail}` }),
}

export const brokered: Check<BrokeredFacts> = {
  id: 'consolidate.brokered',
  title: 'The backend answers at its public URL through the gateway',
  severity: 'blocker',
  per: 'vantage',
  maps: accessible,
  fix: 'consolidate.md#brokered',
  probe,
  judge(facts, backend) {
    const findings = [
      ...judgeable(facts).map((one) => judgeAnswer(one, facts, backend)),
      ...facts.upstream.map((one) => (one.outcome === 'connected' ? {} : upstreamSays[one.outcome](one, facts))),
      ...(facts.answers.length === 0
        ? [{ error: `the edge ${facts.edge} has no address at which ${facts.url} could be asked; name one in listen` }]
        : []),
    ]
    return verdictOf(
      findings.flatMap((one) => ('failure' in one && one.failure ? [one.failure] : [])),
      findings.flatMap((one) => ('error' in one && one.error ? [one.error] : [])),
    )
  },
}
