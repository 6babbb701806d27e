/** A second session of the operator's own, which a check may end: confirmed with the first one, as `lockgate login` does it. */
import { createHash, randomBytes } from 'node:crypto'
import { type OperatorSession, operatorAnswer } from '@lockgate/model'
import { type ExactAnswer, headerOf } from '../exact-ask.ts'
import type { Browser, Site } from './browser.ts'
import { readForm } from './html-form.ts'
import { asPage, asProgram } from './tries.ts'

const formType = ['Content-Type', 'application/x-www-form-urlencoded'] as const

/** Nobody listens there; the code is read from the redirect and the address never asked. */
const port = 49_152

/** The headers of a form that a person sends from a page of the same origin. */
export const sameOrigin = ({ origin }: Site) =>
  [
    ...asPage.filter(([name]) => name !== 'Sec-Fetch-Site'),
    ['Sec-Fetch-Site', 'same-origin'],
    ['Origin', origin.origin],
    formType,
  ] as const

const text = (answer: ExactAnswer) => (answer.outcome === 'answered' ? answer.body.toString('utf8') : '')
const statusOf = (answer: ExactAnswer) => (answer.outcome === 'answered' ? String(answer.status) : answer.detail)

/** The session, or why there is none. */
export async function openSecondSession(browser: Browser, login: Site): Promise<OperatorSession | string> {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const query = new URLSearchParams({ port: String(port), challenge, state: randomBytes(12).toString('base64url') })
  const page = await browser.ask(login, { target: `/.lockgate/operator?${query}` })
  const form = readForm(text(page), '/.lockgate/operator')
  if (!form) return `${login.origin.origin}/.lockgate/operator shows no form (${statusOf(page)})`
  const body = new URLSearchParams([...form.fields]).toString()
  const sent = await browser.ask(login, { method: 'POST', target: form.action, headers: sameOrigin(login), body })
  const back = sent.outcome === 'answered' ? headerOf(sent.headers, 'location') : null
  const code = back && URL.canParse(back) ? new URL(back).searchParams.get('code') : null
  if (code === null) return `the confirmed form did not lead back with a code (${statusOf(sent)})`
  const redeem = new URLSearchParams({ code, verifier }).toString()
  const answer = await browser.ask(login, {
    method: 'POST',
    target: '/.lockgate/operator',
    headers: [...asProgram, formType],
    body: redeem,
  })
  const parsed = operatorAnswer.safeParse(parseJson(text(answer)))
  return parsed.success ? parsed.data : `the code was not redeemed (${statusOf(answer)})`
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
