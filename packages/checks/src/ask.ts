/** Asks an endpoint over HTTP from where a probe stands. */
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { digest, type Endpoint, hostPort, type Io, isIpAddress, type Origin, type Reach } from '@lockgate/model'
import { type HttpAnswer, type HttpLine, openLine } from './http-line.ts'
import { stopIfInterrupted } from './interrupt.ts'
import { knock } from './knock.ts'
import { laneOf } from './lane.ts'

export interface Ask {
  readonly endpoint: Endpoint
  readonly scheme: 'http' | 'https'
  /** As in the Host header, with a port that is not the scheme's own. */
  readonly host: string
  /** null: none is sent. */
  readonly servername: string | null
  readonly path: string
  /** The name that its certificate must have; null: whatever certificate is shown is taken. */
  readonly verify: string | null
}

export type Answer = HttpAnswer

/** The endpoint took a connection a moment ago. */
export const connectMs = 5_000
/** Old applications are slow at their first page. */
export const answerMs = 8_000

/** Host header of a public URL. */
export const authorityOf = (origin: Origin): string => origin.origin.slice(origin.scheme.length + 3)

/** RFC 6066 §3: an IP address is never sent as server name. */
export const servernameOf = (host: string): string | null => (isIpAddress(host) ? null : host)

/** What a user's program does for the public URL. */
export const publicAsk = (origin: Origin, endpoint: Endpoint, path: string): Ask => ({
  endpoint,
  scheme: origin.scheme,
  host: authorityOf(origin),
  servername: servernameOf(origin.host),
  path,
  verify: origin.host,
})

export const secureContext = (ca: string | null): SecureContext =>
  createSecureContext({ ca: ca ?? [...getCACertificates('default'), ...getCACertificates('system')] })

/** `ca`: PEM; null: the system's roots. */
export function rootsOf(ca: string | null, io: Io): Promise<SecureContext> {
  const key = ca === null ? 'system' : digest(ca)
  return io.once(`roots ${key}`, async () => secureContext(ca))
}

export interface Place {
  readonly reach: Reach
  /** Names the place in keys, such as `vantage office`. */
  readonly from: string
}

export const placeOf = (io: Io): Place => ({ reach: io.at.reach, from: `vantage ${io.at.vantage.id}` })

/** Questions with the same one can go over one connection. */
const lineKey = ({ endpoint, scheme, servername, verify }: Ask) =>
  [
    hostPort(endpoint.host, endpoint.port),
    scheme,
    ...(scheme === 'http' ? [] : [servername ?? '-', verify ?? '-']),
  ].join(' ')

/** An endpoint that took no connection in this verification is not asked again under every other name. */
async function askOn(line: HttpLine, { reach, from }: Place, question: Ask, io: Io): Promise<Answer> {
  const { outcome, detail } = await knock(reach, from, question.endpoint, io)
  if (outcome !== 'connected') return { outcome, detail: detail ?? '' }
  const answer = await line.get(question.path, question.host)
  stopIfInterrupted(io)
  return answer
}

async function askGroup(questions: readonly Ask[], at: Place, io: Io): Promise<readonly Answer[]> {
  const [first] = questions
  if (!first) return []
  const { endpoint, scheme, servername, verify } = first
  const check = verify === null || scheme === 'http' ? null : { roots: await rootsOf(io.publicCa, io), name: verify }
  const tls = scheme === 'http' ? null : { servername, check }
  const line = openLine(at.reach, endpoint, tls, { connectMs, answerMs, signal: io.signal })
  const answers: Answer[] = []
  try {
    for (const one of questions) {
      const key = `ask ${at.from} ${lineKey(one)} ${one.host} ${one.path}`
      answers.push(await io.once(key, () => askOn(line, at, one, io)))
    }
  } finally {
    line.close()
  }
  return answers
}

/** Answers in the order of the questions; each question is asked once in a verification. */
export async function askAllFromVantage(questions: readonly Ask[], io: Io): Promise<readonly Answer[]> {
  const groups = [...Map.groupBy(questions, lineKey).values()]
  const at = placeOf(io)
  const lane = await laneOf(io, 'ask', at.from)
  const answered = await Promise.all(groups.map((group) => lane(() => askGroup(group, at, io))))
  const byQuestion = new Map(groups.flatMap((group, i) => group.map((one, j) => [one, answered[i]?.[j]] as const)))
  return questions.map((one) => byQuestion.get(one) as Answer)
}

export const askFromVantage = async (question: Ask, io: Io): Promise<Answer> =>
  (await askAllFromVantage([question], io))[0] as Answer
