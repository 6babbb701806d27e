/** What a person sees: name and password, then the one-time code, each a form that works without scripts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type Provider from 'oidc-provider'
import { totpHolds } from '../totp.ts'
import { levels, type Member, memberOf } from './configuration.ts'
import type { Setting } from './setting.ts'
import type { Storage } from './storage.ts'

export interface Desk {
  readonly provider: Provider
  readonly storage: Storage
  readonly otp: Setting['otp']
  /** By interaction: who has given their password. */
  readonly known: Map<string, Member>
}

const page = (title: string, fields: string, because = ''): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<h1>${title}</h1><p role="alert">${because}</p>
<form method="post">${fields}<button>Sign in</button></form></html>`

const passwordFields = `<label>Name <input name="username" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password"></label>`
const otpFields = '<label>One-time code <input name="otp" inputmode="numeric" autofocus></label>'

const show = (response: ServerResponse, html: string): void => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(html)
}
const askPassword = (response: ServerResponse, because?: string) =>
  show(response, page('Sign in to Acme', passwordFields, because))
const askOtp = (response: ServerResponse, because?: string) => show(response, page('One more step', otpFields, because))

interface Asked {
  readonly uid: string
  readonly wantsSecondFactor: boolean
  /** Signed in already, and only more is asked of them. */
  readonly account: string | null
}

/** Answers `/interaction/UID`. */
export async function interact(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const details = await desk.provider.interactionDetails(request, response)
  const { reasons } = details.prompt
  const onlyMore = reasons.every((one) => /^(step_up|essential_acrs?)$/.test(one))
  const asked: Asked = {
    uid: details.uid,
    wantsSecondFactor: JSON.stringify([details.prompt.details, details.params]).includes(`"${levels.secondFactor}"`),
    account: onlyMore ? (details.session?.accountId ?? null) : null,
  }
  const known = desk.known.get(asked.uid) ?? (asked.account === null ? null : memberOf(desk.storage, asked.account))
  if (request.method !== 'POST') return known ? askOtp(response) : askPassword(response)
  const form = new URLSearchParams(await text(request))
  const finish = (login: string, secondFactor: boolean) => {
    desk.known.delete(asked.uid)
    const acr = secondFactor ? levels.secondFactor : levels.password
    const amr = secondFactor ? ['pwd', 'otp', 'mfa'] : ['pwd']
    return desk.provider.interactionFinished(request, response, { login: { accountId: login, acr, amr } })
  }
  if (known?.otp) {
    const held = totpHolds(known.otp, form.get('otp') ?? '', Date.now())
    return held ? finish(known.login, true) : askOtp(response, 'This code does not hold.')
  }
  const one = memberOf(desk.storage, form.get('username') ?? '')
  if (one === null || one.disabled || one.password !== form.get('password'))
    return askPassword(response, 'Wrong name or password.')
  if (one.otp === null || (desk.otp === 'on-request' && !asked.wantsSecondFactor)) return finish(one.login, false)
  desk.known.set(asked.uid, one)
  return askOtp(response)
}
