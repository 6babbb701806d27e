/** A request to a place that the program itself answers for: its body is read, then its answer sent. */
import type { IncomingMessage } from 'node:http'
import { type Admission, ownBodyLimit, tooLarge } from './admit.ts'
import { answerWhole } from './answer.ts'
import { type Exchange, refuse } from './exchange.ts'
import { type Refusal, refusal, undecided } from './refusal.ts'
import type { Answer, OwnAsked } from './types.ts'

type Own = Extract<Admission, { kind: 'own' }>

const slow = refusal(408, 'The request body did not arrive in time.', true)

/** The body as text, or why it is not taken; never settles where the client goes away, as nobody waits then. */
function readBody(request: IncomingMessage, silentMs: number): Promise<string | Refusal> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let seen = 0
    const end = (outcome: string | Refusal): void => {
      clearTimeout(timer)
      request.off('data', onData)
      resolve(outcome)
    }
    const timer = setTimeout(() => end(slow), silentMs)
    const onData = (chunk: Buffer): void => {
      seen += chunk.length
      if (seen > ownBodyLimit) end({ ...tooLarge, close: true })
      else chunks.push(chunk)
    }
    request.on('data', onData).on('end', () => end(Buffer.concat(chunks).toString()))
    request.on('close', () => clearTimeout(timer)).on('error', () => clearTimeout(timer))
  })
}

const askedOf = (exchange: Exchange, own: Own, body: string): OwnAsked => ({
  backend: own.route?.route.id ?? null,
  method: exchange.request.method ?? '',
  path: own.path,
  target: own.forward,
  scheme: own.route?.route.public.scheme ?? 'https',
  host: own.authority,
  source: exchange.source,
  headers: own.head.headers,
  upgrade: exchange.head !== null,
  body,
})

async function ask({ setting }: Exchange, asked: OwnAsked): Promise<Answer | null> {
  try {
    return setting.own ? await setting.own(asked) : null
  } catch (error) {
    setting.onFault(error)
    return null
  }
}

export async function answerOwn(exchange: Exchange, own: Own): Promise<void> {
  const { request, response, setting, expects } = exchange
  const announced = own.head.chunked || (own.head.length ?? 0) > 0
  if (announced && expects) response.writeContinue()
  const body = announced ? await readBody(request, setting.gate().limits.clientSilentMs) : ''
  if (typeof body !== 'string') {
    refuse(exchange, body)
    return
  }
  const answer = await ask(exchange, askedOf(exchange, own, body))
  if (exchange.closed) return
  if (answer) exchange.bytes = answerWhole(request, response, answer)
  else refuse(exchange, undecided)
}
