/** What evidence keeps of an answer: enough to judge and to recognise it again, not its content. */
import { digest, hostPort } from '@lockgate/model'
import type { Answer, Ask } from './ask.ts'

export type SeenAnswer = {
  readonly target: string
  readonly outcome: Answer['outcome']
  readonly status?: number
  /** Digest of the body, of its beginning where it is longer than 4 MiB. */
  readonly body?: string
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

export function seenAnswer(question: Pick<Ask, 'endpoint'>, answer: Answer): SeenAnswer {
  const target = hostPort(question.endpoint.host, question.endpoint.port)
  if (answer.outcome !== 'answered') return { target, outcome: answer.outcome, detail: answer.detail }
  const { status, body, headers } = answer
  const reference = headers['lockgate-reference']
  return {
    target,
    outcome: 'answered',
    status,
    body: digest(body),
    bytes: body.length,
    begins: firstText(body),
    ...(typeof reference === 'string' ? { reference } : {}),
  }
}
