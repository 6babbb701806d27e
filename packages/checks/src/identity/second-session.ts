/** A second session of the operator's own, which a check may end. */
import { type OperatorSession, operatorAnswer } from '@lockgate/model'
import type { Browser, Site } from './browser.ts'
import { asProgram } from './tries.ts'

/** The headers of a form that a page of the same origin sends. */
export const sameOrigin = ({ origin }: Site) =>
  [
    ...asProgram,
    ['Origin', origin.origin],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Sec-Fetch-Mode', 'cors'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ] as const

/** The session, or why there is none. `browser` holds the login cookie of the first. */
export async function openSecondSession(browser: Browser, login: Site): Promise<OperatorSession | string> {
  const answer = await browser.ask(login, {
    method: 'POST',
    target: '/.lockgate/operator',
    headers: sameOrigin(login),
    body: 'spare=1',
  })
  if (answer.outcome !== 'answered') return `no second session was given: ${answer.outcome}: ${answer.detail}`
  const parsed = operatorAnswer.safeParse(parseJson(answer.body.toString('utf8')))
  return parsed.success ? parsed.data : `no second session was given: ${login.origin.origin} answers ${answer.status}`
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
