/** What two answers to one question differ in. Pure. */
import type { HttpAnswer } from '@lockgate/checks'
import { digest } from '@lockgate/model'

export interface Difference {
  /** `status`, `body`, or a header's name. */
  readonly what: string
  readonly old: string
  readonly new: string
}

/** Headers of one hop, of the moment, or of who answers. */
const volatile = new Set(
  'age alt-svc connection content-length date etag expires keep-alive last-modified proxy-connection server transfer-encoding via x-request-id'.split(
    ' ',
  ),
)

const nothing = '(none)'

/** Values that may be secrets are left out: of cookies, and of a redirect's query. */
const shown: Readonly<Record<string, (value: string) => string>> = {
  'set-cookie': (value) =>
    value
      .split('\n')
      .map((one) => one.replace(/=[^;]*/, '=…'))
      .sort()
      .join(', '),
  location: (value) => value.replace(/=[^&#]*/g, '=…'),
}

/** Each part of an answer that is compared, as text. */
function partsOf(answer: HttpAnswer): ReadonlyMap<string, string> {
  if (answer.outcome !== 'answered') return new Map([['answer', `${answer.outcome}: ${answer.detail}`]])
  const parts = new Map([['status', String(answer.status)]])
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined && !volatile.has(name)) parts.set(name, Array.isArray(value) ? value.join('\n') : value)
  const cookies = parts.get('set-cookie')
  if (cookies !== undefined) parts.set('set-cookie', shown['set-cookie']?.(cookies) ?? cookies)
  if (!answer.cut) parts.set('body', `${answer.body.length} bytes, ${digest(answer.body).slice(0, 19)}`)
  return parts
}

export function compareAnswers(before: HttpAnswer, after: HttpAnswer): readonly Difference[] {
  const [old, now] = [partsOf(before), partsOf(after)]
  const names = new Set([...old.keys(), ...now.keys()])
  return [...names].flatMap((what) => {
    const [a, b] = [old.get(what) ?? nothing, now.get(what) ?? nothing]
    const show = (value: string) => (shown[what]?.(value) ?? value).slice(0, 200)
    return a === b ? [] : [{ what, old: show(a), new: show(b) }]
  })
}
