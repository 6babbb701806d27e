/** What evidence keeps of an answer: enough to judge and to recognise it again, not its content. */
import { digest, hostPort } from '@lockgate/model'
import type { Answer, Ask } from './ask.ts'

export type SeenAnswer = {
  readonly target: string
  readonly outcome: Answer['outcome']
  readonly status?: number
  /** Digest of the body, of its beginning where it is longer than 4 MiB. */
  readonly body?: string
  /** Digest of the body without what changes from answer to answer; left out where little else is in it. */
  readonly shape?: string
  readonly bytes?: number
  /** The first characters of the body, control characters as spaces. */
  readonly begins?: string
  /** The gateway's own answer has a reference number; a backend's has none. */
  readonly reference?: string
  readonly detail?: string
}

const beginning = 80

export const firstText = (body: Buffer, length = beginning): string =>
  body
    .subarray(0, length)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, ' ')
    .trim()

/** Numbers, and runs of letters and digits that no word has: times, tokens, nonces, ids. */
const changing = /[A-Za-z0-9+/_=-]*\d[A-Za-z0-9+/_=-]*|[A-Za-z0-9+/_=-]{24,}/g

/** Letters that must be left for two pages to be the same page. */
const enough = 12

function shapeOf(body: Buffer): string | null {
  const fixed = body.toString('latin1').replace(changing, '#')
  return fixed.replace(/[^A-Za-z]/g, '').length < enough ? null : digest(fixed)
}

/** Statuses with which a gateway itself turns a request away, so that being alike says nothing. */
const turnedAway: readonly number[] = [400, 404, 421, 500, 502, 503, 504]

/** Whether both answers come from the same program, times and tokens in them aside. */
export const isAlike = (one: SeenAnswer, other: SeenAnswer): boolean =>
  one.outcome === 'answered' &&
  one.status !== undefined &&
  one.status === other.status &&
  !turnedAway.includes(one.status) &&
  (one.body === other.body || (one.shape !== undefined && one.shape === other.shape))

export function seenAnswer(question: Pick<Ask, 'endpoint'>, answer: Answer): SeenAnswer {
  const target = hostPort(question.endpoint.host, question.endpoint.port)
  if (answer.outcome !== 'answered') return { target, outcome: answer.outcome, detail: answer.detail }
  const { status, body, headers } = answer
  const reference = headers['lockgate-reference']
  const shape = shapeOf(body)
  return {
    target,
    outcome: 'answered',
    status,
    body: digest(body),
    ...(shape === null ? {} : { shape }),
    bytes: body.length,
    begins: firstText(body),
    ...(typeof reference === 'string' ? { reference } : {}),
  }
}
