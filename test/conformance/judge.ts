/** Compares what happened with what a case expects; an empty list means it holds. */
import { collapsedHeader } from '@lockgate/model'
import type { BackendSaw, Expectation, Saw } from './case.ts'
import type { Seen } from './echo-backend.ts'
import { valuesOf } from './message.ts'
import type { Answer, Reply } from './raw-client.ts'

const show = (value: unknown): string => JSON.stringify(value)

const describeReply = ({ answers, ended, error }: Reply): string =>
  answers[0]
    ? `${answers.map((one) => one.status).join(', ')} ${show(answers[0].body.text.slice(0, 200))}`
    : `no answer (${ended}${error ? `, ${error}` : ''})`

function statusFits(expected: Expectation['status'], reply: Reply): boolean {
  const status = reply.answers[0]?.status
  if (expected === 'any') return true
  if (expected === 'refused')
    return status === undefined ? reply.ended === 'closed' || reply.ended === 'failed' : status >= 400
  return typeof expected === 'number' ? status === expected : status !== undefined && expected.includes(status)
}

export function judgeAnswer(expected: Expectation, reply: Reply): readonly string[] {
  if (!statusFits(expected.status, reply))
    return [`answer: expected ${show(expected.status)}, was ${describeReply(reply)}`]
  const answer = reply.answers[0]
  if (!answer) return []
  return [...judgeFields(expected, answer), ...judgeBody(expected, answer)]
}

function judgeFields({ fields = {}, trailers = {} }: Expectation, answer: Answer): readonly string[] {
  const wrong = Object.entries(fields)
    .map(([name, values]) => [name, values, valuesOf(answer.fields, name)] as const)
    .filter(([, values, were]) => show(values) !== show(were))
    .map(([name, values, were]) => `answer's ${name}: expected ${show(values)}, was ${show(were)}`)
  const missing = Object.entries(trailers)
    .filter(([name, value]) => valuesOf(answer.body.trailers, name)[0] !== value)
    .map(([name]) => `answer's trailer ${name}: was ${show(answer.body.trailers)}`)
  return [...wrong, ...missing]
}

function judgeBody({ body }: Expectation, answer: Answer): readonly string[] {
  if (body === undefined) return []
  const fits = typeof body === 'string' ? answer.body.text === body : body.test(answer.body.text)
  return fits ? [] : [`answer's body: expected ${body}, was ${show(answer.body.text.slice(0, 200))}`]
}

export function judgeSeen(expected: Saw, seen: readonly Seen[]): readonly string[] {
  const lines = seen.map((one) => `${one.method} ${one.target}`)
  if (expected === 'nothing') return seen.length === 0 ? [] : [`the backend saw ${show(lines)}`]
  if (expected === 'no-hidden')
    return seen.length <= 1 && !seen.some((one) => one.target.includes('hidden') || one.method.includes('hidden'))
      ? []
      : [`the backend saw ${show(lines)}`]
  if (expected.orRefused && seen.length === 0) return []
  const [only] = seen
  if (!only || seen.length > 1) return [`the backend saw ${show(lines)}, expected one request`]
  return judgeRequest(expected, only)
}

function judgeRequest(expected: BackendSaw, seen: Seen): readonly string[] {
  const facts = [
    ['target', expected.target, seen.target],
    ['method', expected.method, seen.method],
    ['body', expected.body, seen.body.text],
    ['trailers', expected.trailers, seen.body.trailers.length === 0 ? 'none' : show(seen.body.trailers)],
  ] as const
  const wrong = facts
    .filter(([, wanted, was]) => wanted !== undefined && wanted !== was)
    .map(([what, wanted, was]) => `the backend's ${what}: expected ${show(wanted)}, was ${show(was)}`)
  const everything = show([seen.fields, seen.body.trailers])
  const found = expected.nowhere !== undefined && everything.includes(expected.nowhere)
  return [
    ...wrong,
    ...judgeHeaders(expected.fields ?? {}, seen),
    ...(found ? [`the backend saw ${expected.nowhere}: ${everything}`] : []),
  ]
}

function judgeHeaders(expected: NonNullable<BackendSaw['fields']>, seen: Seen): readonly string[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const were = seen.fields.filter(([one]) => collapsedHeader(one) === name).map(([, value]) => value)
    const fits =
      wanted instanceof RegExp ? were.length === 1 && wanted.test(were[0] ?? '') : show(were) === show(wanted)
    return fits
      ? []
      : [`the backend's ${name}: expected ${wanted instanceof RegExp ? wanted : show(wanted)}, was ${show(were)}`]
  })
}
