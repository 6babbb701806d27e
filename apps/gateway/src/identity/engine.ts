/** What engines of this host ask on the local listener; pages and forwarded requests go on to the proxy behind it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, type EngineJoint, judgePath, type Peer } from '@lockgate/proxy-core'
import { readCookies } from './cookies.ts'
import { decide, type Outcome, type Question } from './decide.ts'
import { finalAnswer } from './final-answer.ts'
import { passJwks } from './pass-jwks.ts'
import type { Site } from './site.ts'
import type { Verdict } from './verdict.ts'

/** The Host of questions: no public name can be it (RFC 6761 §6.4). Some engines' modules can only send the address that they ask. */
const isLocalHost = (host: string | null): boolean =>
  host === 'lockgate.invalid' || /^(?:127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host ?? '')
const checkPath = '/.lockgate/check'

const headersOf = (request: IncomingMessage, name: string): string | null => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : null
}

const empty = (status: number, headers: readonly string[] = []): Answer => ({ status, headers, body: '' })
const noStore = ['Cache-Control', 'no-store'] as const
const undecided = empty(503, ['Retry-After', '1', ...noStore])

/** null: no such backend takes part. `rest` is the target where the engine does not name it apart. */
function questionOf(site: Site, request: IncomingMessage, rest: string): Question | null {
  const place = site.places.get(headersOf(request, 'lockgate-backend') ?? '')
  if (!place) return null
  const target = headersOf(request, 'lockgate-target') ?? rest
  const judged = judgePath(target, place.paths)
  return {
    place,
    method: headersOf(request, 'lockgate-method') ?? request.method ?? '',
    path: judged.ok ? judged.path : '',
    target,
    source: headersOf(request, 'lockgate-source') ?? '',
    headers: request.rawHeaders,
  }
}

const badPath: Exclude<Verdict, { kind: 'allow' }> = {
  kind: 'denied',
  because: 'the path can be read in several ways',
  bearer: null,
}

/** A path that is refused gets no further, whoever asks. */
function outcomeOf(site: Site, question: Question): Outcome | Promise<Outcome> {
  if (question.path !== '') return decide(site, question)
  const cookies = readCookies(question.headers).ours
  return { kind: 'refuse', verdict: badPath, ...finalAnswer(site, question.place, badPath, { ...question, cookies }) }
}

type Allowed = Extract<Outcome, { kind: 'allow' }>
type Tell = (outcome: Outcome, site: Site, request: IncomingMessage) => Answer

const statuses = { 'sign-in': 401, 'step-up': 401, denied: 403, unavailable: 503 } as const

function allowed(outcome: Allowed, kept: readonly string[]): Answer {
  const authorization = outcome.authorization ? ['Lockgate-Authorization', outcome.authorization] : []
  return empty(200, [...outcome.identity, ...authorization, ...outcome.answered, ...kept])
}

/** What an engine is told of how long it may keep a yes: nginx keeps one that says nothing for a moment. */
function keptHeaders(site: Site, { kept, authorization }: Allowed, key: string | null): readonly string[] {
  if (kept === null || authorization !== null) return noStore
  return key === null || site.kept === null ? [] : site.kept.keep({ key, ...kept })
}

/** For nginx, which takes a status and headers, and asks for the client's answer apart. */
const toDecide: Tell = (outcome, site, request) => {
  if (outcome.kind === 'allow') return allowed(outcome, keptHeaders(site, outcome, headersOf(request, 'lockgate-key')))
  const { verdict, reference } = outcome
  const wait = verdict.kind === 'unavailable' ? ['Retry-After', String(verdict.retryAfter)] : []
  return empty(statuses[verdict.kind], ['Lockgate-Reference', reference, ...wait, ...noStore])
}

/** Refused a moment ago, allowed now: the client may ask again. */
const toAnswer: Tell = (outcome) => (outcome.kind === 'allow' ? undecided : outcome.answer)

const toCheck: Tell = (outcome, site) =>
  outcome.kind === 'allow' ? allowed(outcome, keptHeaders(site, outcome, null)) : outcome.answer

const answerJwks = async (site: Site): Promise<Answer> => ({
  status: 200,
  headers: ['Content-Type', 'application/jwk-set+json', 'Cache-Control', 'max-age=1'],
  body: JSON.stringify(await passJwks(site)),
})

async function answerHealth(site: Site): Promise<Answer> {
  const alive = await site.entries.get('gateway-health', 'health').then(
    () => true,
    () => false,
  )
  return alive ? { status: 200, headers: ['Content-Type', 'text/plain'], body: 'ok\n' } : undecided
}

const questions: Readonly<Record<string, Tell>> = { '/.lockgate/decide': toDecide, '/.lockgate/answer': toAnswer }
const facts: Readonly<Record<string, (site: Site) => Promise<Answer>>> = {
  '/.lockgate/pass-jwks.json': answerJwks,
  '/.lockgate/health': answerHealth,
}

const unknownBackend = empty(403, noStore)

/** At once where the decision is. */
function answerQuestion(site: Site, request: IncomingMessage, rest: string, tell: Tell): Answer | Promise<Answer> {
  const question = questionOf(site, request, rest)
  if (!question) return unknownBackend
  const outcome = outcomeOf(site, question)
  return outcome instanceof Promise ? outcome.then((late) => tell(late, site, request)) : tell(outcome, site, request)
}

function answerLocal(site: Site | null, request: IncomingMessage): Answer | Promise<Answer> {
  if (!site) return undecided
  const url = request.url ?? ''
  if (isCheck(request)) {
    return answerQuestion(site, request, url.slice(checkPath.length) || '/', toCheck)
  }
  const [path = ''] = url.split('?', 1)
  const tell = questions[path]
  return tell ? answerQuestion(site, request, '/', tell) : (facts[path]?.(site) ?? empty(404))
}

/** Engines that cannot set Host say by `Lockgate-Backend` that they ask; pages never carry it. */
const isCheck = (request: IncomingMessage): boolean =>
  (request.url ?? '').startsWith(`${checkPath}/`) && headersOf(request, 'lockgate-backend') !== null

/** Without the headers that say nothing on a socket of this host: engines read a kept answer again for each request. */
function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.sendDate = false
  response.removeHeader('Connection')
  response.writeHead(status, [...headers, 'Content-Length', String(Buffer.byteLength(body))])
  response.end(body)
}

const peerOf = (request: IncomingMessage): Peer => ({
  source: headersOf(request, 'lockgate-source') ?? '',
  scheme: headersOf(request, 'lockgate-scheme') === 'http' ? 'http' : 'https',
  host: headersOf(request, 'lockgate-host'),
})

function reply(site: Site | null, request: IncomingMessage, response: ServerResponse): void {
  const fail = (error: unknown): void => {
    site?.log.error({ err: error }, 'a question of the engine could not be answered')
    send(response, undecided)
  }
  try {
    const answer = answerLocal(site, request)
    if (answer instanceof Promise) answer.then((late) => send(response, late)).catch(fail)
    else send(response, answer)
  } catch (error) {
    fail(error)
  }
}

/** `site` gives null until there is a generation. */
export const createEngineJoint = (site: () => Site | null): EngineJoint => ({
  answer(request, response) {
    if (!isLocalHost(headersOf(request, 'host')) && !isCheck(request)) return false
    reply(site(), request, response)
    return true
  },
  peer: peerOf,
})
